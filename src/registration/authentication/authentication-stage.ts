/** Where an org stands on its way to authentication. */
export interface AuthenticationStage {
  /**
   * `preparing`: workers or row are not ready; `prepared`: sessions log in, and the server is open; `heldBack`: Git
   * says enforce, and it is not applied; `enforced`: the server refuses requests without a token.
   */
  readonly stage: 'none' | 'preparing' | 'prepared' | 'heldBack' | 'enforced';
  /** What it waits for. */
  readonly waitsFor?: string;
}
