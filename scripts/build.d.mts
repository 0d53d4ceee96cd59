export const external: readonly string[];
export function bundle(outdir?: string): Promise<void>;
