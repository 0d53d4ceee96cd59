/** The stage of an org in the roll-out of authentication. */
export interface AuthenticationStage {
  /**
   * `preparing`: workers or row are not ready. `prepared`: sessions log in, and the server also accepts requests
   * without a token. `heldBack`: the settings say enforce, and that is not applied. `enforced`: the server requires a
   * token.
   */
  readonly stage: 'none' | 'preparing' | 'prepared' | 'heldBack' | 'enforced';
  /** What it waits for. */
  readonly waitsFor?: string;
}
