/** What the content policy of this very page asks of style elements. */
export const styleNonce =
  document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';

// The name under which libraries that write style elements themselves look for it.
Object.assign(globalThis, { __webpack_nonce__: styleNonce });
