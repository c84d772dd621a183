import { defineTexts } from './texts.ts';

export const shellTexts = defineTexts('shell', {
  skip: { 'pt-BR': 'Pular para o conteúdo', en: 'Skip to content' },
  menu: { 'pt-BR': 'Menu', en: 'Menu' },
  openMenu: { 'pt-BR': 'Abrir o menu', en: 'Open the menu' },
  closeMenu: { 'pt-BR': 'Fechar o menu', en: 'Close the menu' },
  account: { 'pt-BR': 'Conta e preferências', en: 'Account and preferences' },
  language: { 'pt-BR': 'Idioma', en: 'Language' },
  scheme: { 'pt-BR': 'Aparência', en: 'Appearance' },
  light: { 'pt-BR': 'Clara', en: 'Light' },
  dark: { 'pt-BR': 'Escura', en: 'Dark' },
  auto: { 'pt-BR': 'Do sistema', en: 'As the system' },
  signOut: { 'pt-BR': 'Sair', en: 'Sign out' },
  sessionEnds: {
    'pt-BR': { one: 'Sessão termina em {{count}} min', other: 'Sessão termina em {{count}} min' },
    en: { one: 'Session ends in {{count}} min', other: 'Session ends in {{count}} min' },
  },
  waiting: {
    'pt-BR': { one: '{{count}} espera', other: '{{count}} esperam' },
    en: { one: '{{count}} waits', other: '{{count}} wait' },
  },
  today: { 'pt-BR': 'Hoje', en: 'Today' },
  trade: { 'pt-BR': 'Comércio', en: 'Trade' },
  risk: { 'pt-BR': 'Risco', en: 'Risk' },
  govern: { 'pt-BR': 'Governo', en: 'Governance' },
  control: { 'pt-BR': 'Controle', en: 'Control' },
});

export const loginTexts = defineTexts('login', {
  title: { 'pt-BR': 'Entrar', en: 'Sign in' },
  email: { 'pt-BR': 'E-mail', en: 'E-mail' },
  password: { 'pt-BR': 'Senha', en: 'Password' },
  submit: { 'pt-BR': 'Entrar', en: 'Sign in' },
  refused: { 'pt-BR': 'E-mail ou senha incorretos.', en: 'E-mail or password is wrong.' },
  ended: {
    'pt-BR': 'Sua sessão terminou. Entre de novo para voltar aonde estava.',
    en: 'Your session has ended. Sign in to return to where you were.',
  },
});
