import { EXPLAIN_WORDS } from './explain-words.ts';
import { defineTexts } from './texts.ts';

export const explainTexts = defineTexts('explain', EXPLAIN_WORDS);
