import { defineTexts } from './texts.ts';

export const notificationTexts = defineTexts('notifications', {
  title: { 'pt-BR': 'Avisos', en: 'Notifications' },
  lead: {
    'pt-BR':
      'O que alguém deve saber. Abrir um aviso leva à página do assunto e o marca como lido.',
    en: 'What somebody should know. Opening one leads to its subject’s page and marks it as read.',
  },
  unread: {
    'pt-BR': { one: '{{count}} não lido', other: '{{count}} não lidos' },
    en: { one: '{{count}} unread', other: '{{count}} unread' },
  },
  kind: { 'pt-BR': 'Tipo', en: 'Kind' },
  onlyUnread: { 'pt-BR': 'Só não lidos', en: 'Unread only' },
  refresh: { 'pt-BR': 'Atualizar', en: 'Refresh' },
  at: { 'pt-BR': 'Quando', en: 'When' },
  severity: { 'pt-BR': 'Gravidade', en: 'Severity' },
  notice: { 'pt-BR': 'Aviso', en: 'Notification' },
  state: { 'pt-BR': 'Situação', en: 'State' },
  markRead: { 'pt-BR': 'Marcar como lido', en: 'Mark as read' },
  markReadOf: { 'pt-BR': 'Marcar como lido: {{title}}', en: 'Mark as read: {{title}}' },
  readAt: { 'pt-BR': 'Lido {{at}}', en: 'Read {{at}}' },
  readAtBy: { 'pt-BR': 'Lido {{at}} por {{person}}', en: 'Read {{at}} by {{person}}' },
  closedAt: { 'pt-BR': 'Encerrado {{at}}', en: 'Over since {{at}}' },
  isNew: { 'pt-BR': 'Novo', en: 'New' },
  details: { 'pt-BR': 'Detalhes', en: 'Details' },
  nothing: {
    'pt-BR': 'Nenhum aviso com estes filtros.',
    en: 'No notification with these filters.',
  },
});

export const targetTexts = defineTexts('targets', {
  title: { 'pt-BR': 'Destinos de avisos', en: 'Alert targets' },
  lead: {
    'pt-BR': 'Webhooks e caixas de e-mail que recebem os avisos além deste console.',
    en: 'Webhooks and mailboxes that get the notifications besides this console.',
  },
  target: { 'pt-BR': 'Destino', en: 'Target' },
  kind: { 'pt-BR': 'Meio', en: 'By' },
  kinds: { 'pt-BR': 'Tipos', en: 'Kinds' },
  kindsHint: { 'pt-BR': 'Nenhum escolhido: todos.', en: 'None chosen: every kind.' },
  every: { 'pt-BR': 'todos', en: 'every kind' },
  minSeverity: { 'pt-BR': 'A partir de', en: 'From' },
  pending: { 'pt-BR': 'A caminho', en: 'On the way' },
  failed: { 'pt-BR': 'Falharam', en: 'Failed' },
  remove: { 'pt-BR': 'Remover', en: 'Remove' },
  removeOf: { 'pt-BR': 'Remover {{target}}', en: 'Remove {{target}}' },
  removeTitle: { 'pt-BR': 'Remover o destino?', en: 'Remove the target?' },
  removeDoes: {
    'pt-BR': {
      one: 'Remove 1 destino ({{target}}). O segredo é apagado e 1 aviso a caminho é cancelado.',
      other:
        'Remove 1 destino ({{target}}). O segredo é apagado e {{count}} avisos a caminho são cancelados.',
    },
    en: {
      one: 'Removes 1 target ({{target}}). Its secret is deleted and 1 notification on its way is cancelled.',
      other:
        'Removes 1 target ({{target}}). Its secret is deleted and {{count}} notifications on their way are cancelled.',
    },
  },
  add: { 'pt-BR': 'Novo destino', en: 'New target' },
  WEBHOOK: { 'pt-BR': 'Webhook', en: 'Webhook' },
  EMAIL: { 'pt-BR': 'E-mail', en: 'E-mail' },
  url: { 'pt-BR': 'URL (https)', en: 'URL (https)' },
  address: { 'pt-BR': 'Endereço de e-mail', en: 'E-mail address' },
  save: { 'pt-BR': 'Adicionar', en: 'Add' },
  secret: { 'pt-BR': 'Segredo do webhook', en: 'Secret of the webhook' },
  secretOnce: {
    'pt-BR': 'É mostrado só agora. Guarde-o onde as assinaturas são conferidas.',
    en: 'It is shown this once. Keep it where the signatures are checked.',
  },
  nothing: {
    'pt-BR': 'Nenhum destino: os avisos ficam no console.',
    en: 'No target: notifications stay in the console.',
  },
});
