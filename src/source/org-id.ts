declare const orgId: unique symbol;
/**
 * Id of an organisation: any non-empty, well-formed string of up to 255 characters. It is data: never a path, never
 * syntax.
 */
export type OrgId = string & { readonly [orgId]: true };
