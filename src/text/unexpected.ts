/**
 * A text is not of the shape that can be read a piece at a time. Whether it is well-formed at all, and what it says, has to be found out
 * from the whole of it.
 */
export class Unexpected extends Error {}
