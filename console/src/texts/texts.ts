import i18next from 'i18next';
import { initReactI18next, useTranslation } from 'react-i18next';

export const LANGUAGES = ['pt-BR', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

/** A text in every language; `{{name}}` stands for a value. */
export type Text = Readonly<Record<Language, string>>;
/** A text that depends on `count`. */
export type Counted = Readonly<Record<Language, { readonly one: string; readonly other: string }>>;

export interface Bundle<Key extends string> {
  readonly name: string;
  /** Holds the keys for the type alone. */
  readonly keys: readonly Key[];
}

const STORED = 'xpory.language';

function storedLanguage(): Language {
  const stored = localStorage.getItem(STORED);
  return LANGUAGES.find((language) => language === stored) ?? 'pt-BR';
}

// Resources are handed over in place, so this is done when it returns.
void i18next.use(initReactI18next).init({
  lng: storedLanguage(),
  fallbackLng: 'pt-BR',
  resources: {},
  interpolation: { escapeValue: false },
  initAsync: false,
});
document.documentElement.lang = i18next.language;

/** Remembers the language of this browser. */
export function changeLanguage(language: Language): void {
  localStorage.setItem(STORED, language);
  document.documentElement.lang = language;
  void i18next.changeLanguage(language);
}

/** The texts of a page, both languages side by side: a missing one is a type error. */
export function defineTexts<const T extends Readonly<Record<string, Text | Counted>>>(
  name: string,
  texts: T,
): Bundle<keyof T & string> {
  for (const language of LANGUAGES) {
    const resources = Object.entries(texts).flatMap(([key, text]) => formsOf(key, text[language]));
    i18next.addResourceBundle(language, name, Object.fromEntries(resources), true, true);
  }
  return { name, keys: Object.keys(texts) };
}

function formsOf(key: string, text: Text[Language] | Counted[Language]): [string, string][] {
  if (typeof text === 'string') return [[key, text]];
  return [
    [`${key}_one`, text.one],
    [`${key}_other`, text.other],
    // Portuguese has a form for millions, which reads like the other here.
    [`${key}_many`, text.other],
  ];
}

/** What stands in a text; `count` chooses its form. */
export type Values = Readonly<Record<string, string | number>>;
export type Say<Key extends string> = (key: Key, values?: Values) => string;

/** Says the texts of a bundle in the language of the moment. */
export function useTexts<Key extends string>({ name }: Bundle<Key>): Say<Key> {
  const { t } = useTranslation(name);
  return (key, values = {}) => t(key as string, { ...values });
}

export function useLanguage(): Language {
  const { i18n } = useTranslation();
  return LANGUAGES.find((language) => language === i18n.language) ?? 'pt-BR';
}
