/** The template says something that the local relay cannot honour, so it does not start: nothing is silently ignored. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}
