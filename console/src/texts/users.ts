import { defineTexts } from './texts.ts';

export const userTexts = defineTexts('users', {
  title: { 'pt-BR': 'Usuários e funções', en: 'Users and roles' },
  lead: {
    'pt-BR': 'Quem opera o Control Plane. Uma nova senha ou uma desativação encerra as sessões.',
    en: 'Who operates the Control Plane. A new password or a disabling ends the sessions.',
  },
  new: { 'pt-BR': 'Novo usuário', en: 'New user' },
  edit: { 'pt-BR': 'Editar {{email}}', en: 'Edit {{email}}' },
  editShort: { 'pt-BR': 'Editar', en: 'Edit' },
  email: { 'pt-BR': 'E-mail', en: 'E-mail' },
  name: { 'pt-BR': 'Nome', en: 'Name' },
  password: { 'pt-BR': 'Senha', en: 'Password' },
  passwordHint: { 'pt-BR': 'Ao menos 12 caracteres', en: 'At least 12 characters' },
  passwordKept: { 'pt-BR': 'Vazia mantém a atual', en: 'Empty keeps the present one' },
  roles: { 'pt-BR': 'Funções', en: 'Roles' },
  status: { 'pt-BR': 'Situação', en: 'Status' },
  since: { 'pt-BR': 'Desde', en: 'Since' },
  disable: { 'pt-BR': 'Desativar', en: 'Disable' },
  enable: { 'pt-BR': 'Reativar', en: 'Enable' },
  disableTitle: { 'pt-BR': 'Desativar o usuário?', en: 'Disable the user?' },
  disableDoes: {
    'pt-BR':
      'Encerra todas as sessões de 1 pessoa ({{email}}) agora; ela não entra mais até ser reativada.',
    en: 'Ends every session of 1 person ({{email}}) now; they can not sign in until enabled again.',
  },
  master: { 'pt-BR': 'master: tudo, e os usuários', en: 'master: everything, and the users' },
  operator: {
    'pt-BR': 'operator: white labels, políticas, relações',
    en: 'operator: white labels, policies, relationships',
  },
  risk: { 'pt-BR': 'risk: câmbio, limites, acertos', en: 'risk: rates, limits, settlements' },
  support: { 'pt-BR': 'support: compras paradas', en: 'support: parked purchases' },
  auditor: { 'pt-BR': 'auditor: trilha e provas', en: 'auditor: audit trail and evidence' },
});
