import { defineTexts } from './texts.ts';

/** What every page says. */
export const sharedTexts = defineTexts('shared', {
  cancel: { 'pt-BR': 'Cancelar', en: 'Cancel' },
  save: { 'pt-BR': 'Salvar', en: 'Save' },
  close: { 'pt-BR': 'Fechar', en: 'Close' },
  reload: { 'pt-BR': 'Atualizar', en: 'Refresh' },
  previous: { 'pt-BR': 'Anterior', en: 'Previous' },
  next: { 'pt-BR': 'Próxima', en: 'Next' },
  nothing: { 'pt-BR': 'Nada por aqui.', en: 'Nothing here.' },
  loading: { 'pt-BR': 'Carregando', en: 'Loading' },
  done: { 'pt-BR': 'Feito.', en: 'Done.' },
  saved: { 'pt-BR': 'Salvo.', en: 'Saved.' },
  pageOf: { 'pt-BR': '{{from}} a {{to}} de {{total}}', en: '{{from}} to {{to}} of {{total}}' },
  page: { 'pt-BR': 'Página {{page}}', en: 'Page {{page}}' },
  pages: { 'pt-BR': 'Páginas de {{label}}', en: 'Pages of {{label}}' },
  copy: { 'pt-BR': 'Copiar {{label}}', en: 'Copy {{label}}' },
  copied: { 'pt-BR': 'Copiado', en: 'Copied' },
  correlation: { 'pt-BR': 'Correlação', en: 'Correlation' },
  workflow: { 'pt-BR': 'Abrir no Temporal', en: 'Open in Temporal' },
  newWindow: { 'pt-BR': 'abre em outra aba', en: 'opens in another tab' },
  failed: { 'pt-BR': 'Não foi possível concluir', en: 'That did not work' },
  offline: {
    'pt-BR': 'O Control Plane não respondeu. Verifique a rede e tente de novo.',
    en: 'The Control Plane did not answer. Check the network and try again.',
  },
  conflict: {
    'pt-BR': 'Alguém mudou isto enquanto você editava. Recarregue e confira antes de salvar.',
    en: 'Somebody changed this while you were editing. Reload and look before you save.',
  },
  forbidden: {
    'pt-BR': 'Sua função não permite esta página.',
    en: 'Your role does not allow this page.',
  },
  notFound: { 'pt-BR': 'Esta página não existe.', en: 'There is no such page.' },
  reason: { 'pt-BR': 'Motivo', en: 'Reason' },
  reasonNeeded: { 'pt-BR': 'Informe o motivo.', en: 'Give the reason.' },
  unsaved: {
    'pt-BR': 'Há mudanças não salvas. Sair mesmo assim?',
    en: 'There are unsaved changes. Leave anyway?',
  },
  unsavedTitle: { 'pt-BR': 'Mudanças não salvas', en: 'Unsaved changes' },
  leave: { 'pt-BR': 'Sair sem salvar', en: 'Leave without saving' },
  stay: { 'pt-BR': 'Continuar editando', en: 'Go on editing' },
  yes: { 'pt-BR': 'Sim', en: 'Yes' },
  no: { 'pt-BR': 'Não', en: 'No' },
  never: { 'pt-BR': 'nunca', en: 'never' },
});
