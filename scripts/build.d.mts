export const external: readonly string[];
export function bundle(outdir?: string): Promise<string[]>;
export function buildLibrary(outdir?: string): Promise<void>;
