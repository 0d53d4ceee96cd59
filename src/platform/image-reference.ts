/** What is wrong with an image reference, or undefined: it must say exactly one version, or a review of it means nothing. */
export function imageProblem(reference: string): string | undefined {
  const match =
    /^([a-z0-9.-]+(?::[0-9]+)?(?:\/[a-z0-9._-]+)*)(?::([A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(@sha256:[0-9a-f]{64})?$/.exec(
      reference,
    );
  if (match === null) return 'is not an image reference';
  const [, repository = '', tag, digest] = match;
  if (digest !== undefined) return undefined;
  if (tag === undefined) return 'has no tag; name the version, so that a change of it is a change in Git';
  if (tag === 'latest')
    return 'has the tag latest; name the version, so that a change of it is a change in Git';
  // Lakekeeper's own tags begin with v; one without it is ErrImagePull (incident 20).
  if (repository.endsWith('lakekeeper/catalog') && /^[0-9]+\.[0-9]+/.test(tag))
    return `has the tag ${tag}; Lakekeeper's tags begin with a v: v${tag}`;
  return undefined;
}
