import { defineTexts } from './texts.ts';

export const relationshipTexts = defineTexts('relationships', {
  nothing: {
    'pt-BR': 'Nenhuma relação ainda: sem ela, ninguém compra do outro.',
    en: 'No relationship yet: without one nobody buys from another.',
  },
  title: { 'pt-BR': 'Relações', en: 'Relationships' },
  lead: { 'pt-BR': 'De exportador para importador', en: 'From exporter to importer' },
  new: { 'pt-BR': 'Nova relação', en: 'New relationship' },
  continue: { 'pt-BR': 'Continuar', en: 'Continue' },
  exporter: { 'pt-BR': 'Exportador', en: 'Exporter' },
  importer: { 'pt-BR': 'Importador', en: 'Importer' },
  pair: { 'pt-BR': 'Par', en: 'Pair' },
  terms: { 'pt-BR': 'Condições', en: 'Terms' },
  status: { 'pt-BR': 'Situação', en: 'Status' },
  fxRate: { 'pt-BR': 'Câmbio', en: 'FX rate' },
  limitAmount: { 'pt-BR': 'Limite', en: 'Limit' },
  limitMode: { 'pt-BR': 'Tipo de limite', en: 'Limit mode' },
  commissionRate: { 'pt-BR': 'Comissão', en: 'Commission' },
  alert: { 'pt-BR': 'Alerta em (%)', en: 'Alert at (%)' },
  disable: { 'pt-BR': 'Desliga acima de (%)', en: 'Disable above (%)' },
  enable: { 'pt-BR': 'Religa em (%)', en: 'Enable at (%)' },
  approvalMode: { 'pt-BR': 'Aprovação', en: 'Approval' },
  aboveAmount: { 'pt-BR': 'Aprovação acima de', en: 'Approval above' },
  maxAmount: { 'pt-BR': 'Máximo por período', en: 'Maximum per period' },
  windowSeconds: { 'pt-BR': 'Período (s)', en: 'Period (s)' },
  fourEyes: { 'pt-BR': 'Mudanças pedem segunda pessoa', en: 'Changes need a second person' },
  revision: { 'pt-BR': 'Revisão', en: 'Revision' },
  needsRisk: {
    'pt-BR': 'Câmbio, limite, tipo e comissão só mudam com a função risk.',
    en: 'Rate, limit, mode and commission change with the risk role only.',
  },
  queued: {
    'pt-BR': 'Pedido registrado: espera a confirmação de outra pessoa.',
    en: 'Noted: it waits for another person to confirm.',
  },
  changes: { 'pt-BR': 'Mudanças à espera de confirmação', en: 'Changes waiting for confirmation' },
  asksFor: { 'pt-BR': 'Pede', en: 'Asks for' },
  proposed: { 'pt-BR': 'Pedida em', en: 'Proposed at' },
  proposedBy: { 'pt-BR': 'Por', en: 'By' },
  confirm: { 'pt-BR': 'Confirmar', en: 'Confirm' },
  confirmTitle: { 'pt-BR': 'Confirmar a mudança?', en: 'Confirm the change?' },
  confirmDoes: {
    'pt-BR': {
      one: 'Muda {{count}} campo da relação {{pair}}, a partir da próxima compra: {{fields}}.',
      other: 'Muda {{count}} campos da relação {{pair}}, a partir da próxima compra: {{fields}}.',
    },
    en: {
      one: 'Changes {{count}} field of {{pair}}, from the next purchase on: {{fields}}.',
      other: 'Changes {{count}} fields of {{pair}}, from the next purchase on: {{fields}}.',
    },
  },
  blockTitle: { 'pt-BR': 'Bloquear a relação?', en: 'Block the relationship?' },
  blockDoes: {
    'pt-BR':
      'Nenhuma compra de {{importer}} em {{exporter}} confirma mais, nem as que já têm reserva.',
    en: 'No purchase of {{importer}} at {{exporter}} confirms any more, not even those with a hold.',
  },
  block: { 'pt-BR': 'Bloquear', en: 'Block' },
});

export const exportPolicyTexts = defineTexts('exportPolicy', {
  noCategory: {
    'pt-BR': 'Categorias ainda não lidas do exportador.',
    en: 'Categories were not read from the exporter yet.',
  },
  title: { 'pt-BR': 'Política de exportação', en: 'Export policy' },
  own: { 'pt-BR': 'Esta relação tem política própria', en: 'This relationship has one of its own' },
  enabled: { 'pt-BR': 'Exporta ofertas a este importador', en: 'Exports offers to this importer' },
  min_created_at: { 'pt-BR': 'Criadas a partir de (ISO 8601)', en: 'Created from (ISO 8601)' },
  include_categories: {
    'pt-BR': 'Só estas categorias (vazio: todas)',
    en: 'Only these categories (empty: all)',
  },
  exclude_categories: { 'pt-BR': 'Menos estas categorias', en: 'Except these categories' },
  entity_allowlist: {
    'pt-BR': 'Só estas entidades (vazio: todas)',
    en: 'Only these entities (empty: all)',
  },
  entity_blocklist: { 'pt-BR': 'Menos estas entidades', en: 'Except these entities' },
  offers: {
    'pt-BR': {
      one: '{{name}} ({{count}} oferta ativa)',
      other: '{{name}} ({{count}} ofertas ativas)',
    },
    en: { one: '{{name}} ({{count}} active offer)', other: '{{name}} ({{count}} active offers)' },
  },
  category: { 'pt-BR': 'Categoria', en: 'Category' },
  activeOffers: { 'pt-BR': 'Ofertas ativas', en: 'Active offers' },
  verdict: { 'pt-BR': 'Exportada', en: 'Exported' },
  categories: { 'pt-BR': 'Categorias do exportador', en: "The exporter's categories" },
  sum: {
    'pt-BR': {
      one: '{{count}} oferta ativa nas categorias exportadas, de {{total}}',
      other: '{{count}} ofertas ativas nas categorias exportadas, de {{total}}',
    },
    en: {
      one: '{{count}} active offer in the exported categories, of {{total}}',
      other: '{{count}} active offers in the exported categories, of {{total}}',
    },
  },
  sync: { 'pt-BR': 'Ler do exportador agora', en: 'Read from the exporter now' },
  synced: { 'pt-BR': 'Lidas em', en: 'Read at' },
});
