/** Something that is wrong with an input. */
export interface Problem {
  /** Address of the value in the source, for example `warehouses[3].org_id` or `platform.yaml: orgs.acme.image`. */
  readonly at: string;
  readonly message: string;
}
