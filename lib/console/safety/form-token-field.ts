/** The field of every form that proves that a page of this console made it. */
export const FORM_TOKEN_FIELD = '_token';
