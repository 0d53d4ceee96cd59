export function pack(destination: string): Promise<string>;
