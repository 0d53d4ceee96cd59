export function apiTypes(): Map<string, string>;
export function apiReport(): string;
