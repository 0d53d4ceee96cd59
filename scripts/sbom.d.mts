export function sbomOf(files: readonly string[]): string;
