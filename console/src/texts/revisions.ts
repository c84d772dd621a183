import { defineTexts } from './texts.ts';

export const revisionTexts = defineTexts('revisions', {
  title: { 'pt-BR': 'Histórico de revisões', en: 'Revision history' },
  revision: { 'pt-BR': 'Revisão {{revision}}', en: 'Revision {{revision}}' },
  diff: { 'pt-BR': 'O que mudou', en: 'What changed' },
  field: { 'pt-BR': 'Campo', en: 'Field' },
  before: { 'pt-BR': 'Antes', en: 'Before' },
  after: { 'pt-BR': 'Depois', en: 'After' },
  applied: { 'pt-BR': '{{wl}}: aplicada em {{after}}', en: '{{wl}}: applied after {{after}}' },
  notApplied: { 'pt-BR': '{{wl}}: ainda não aplicada', en: '{{wl}}: not applied yet' },
});
