import { useRef } from 'react';

interface WordsKey {
  readonly keyOf: (words: unknown) => string;
  /** What is sent next is another thing, even in the same words. */
  readonly forget: () => void;
}

/** An idempotency key: the same words sent twice are one thing, other words are another one. */
export function useWordsKey(): WordsKey {
  const sent = useRef({ words: '', key: '' });
  return {
    keyOf(values) {
      const words = JSON.stringify(values);
      if (sent.current.words !== words) sent.current = { words, key: crypto.randomUUID() };
      return sent.current.key;
    },
    forget() {
      sent.current = { words: '', key: '' };
    },
  };
}
