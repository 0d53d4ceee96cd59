/** A function of the settings that is called for each org, and computes its result once. */
export function perPlatform<P extends object, T>(compute: (platform: P) => T): (platform: P) => T {
  const results = new WeakMap<P, T>();
  return (platform) => {
    if (!results.has(platform)) results.set(platform, compute(platform));
    return results.get(platform) as T;
  };
}
