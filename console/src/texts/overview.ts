import { defineTexts } from './texts.ts';

export const overviewTexts = defineTexts('overview', {
  title: { 'pt-BR': 'Visão geral', en: 'Overview' },
  lead: { 'pt-BR': 'Últimos 30 dias', en: 'Last 30 days' },
  promises: { 'pt-BR': 'Promessas', en: 'Promises' },
  confirm: { 'pt-BR': 'Confirmação no exportador (p99)', en: 'Exporter confirm (p99)' },
  purchase: { 'pt-BR': 'Compra completa (p99)', en: 'Whole purchase (p99)' },
  signal: { 'pt-BR': 'Sinal aplicado (p99)', en: 'Signal applied (p99)' },
  drift: { 'pt-BR': 'Política aplicada (p99)', en: 'Policy applied (p99)' },
  target: { 'pt-BR': 'meta: até {{target}}', en: 'target: up to {{target}}' },
  noTarget: { 'pt-BR': 'sem meta', en: 'no target' },
  kept: { 'pt-BR': 'cumprida', en: 'kept' },
  missed: { 'pt-BR': 'não cumprida', en: 'missed' },
  noData: { 'pt-BR': 'sem dados', en: 'no data' },
});
