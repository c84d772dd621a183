import { defineTexts } from './texts.ts';

export const wlTexts = defineTexts('wls', {
  title: { 'pt-BR': 'White labels', en: 'White labels' },
  new: { 'pt-BR': 'Nova white label', en: 'New white label' },
  nothing: {
    'pt-BR': 'Nenhuma white label ainda. A primeira entra por “Nova white label”.',
    en: 'No white label yet. The first one comes in by “New white label”.',
  },
  noKey: {
    'pt-BR': 'Sem chave ainda: a primeira é feita quando ela pede um token.',
    en: 'No key yet: the first one is made when it asks for a token.',
  },
  noCertificate: {
    'pt-BR': 'Nenhum certificado visto ainda: aparece quando ela se registra.',
    en: 'No certificate was seen yet: it appears when it registers.',
  },
  name: { 'pt-BR': 'Nome', en: 'Name' },
  description: { 'pt-BR': 'Descrição', en: 'Description' },
  contactEmail: { 'pt-BR': 'E-mail de contato', en: 'Contact e-mail' },
  contactHint: {
    'pt-BR': 'Vazio mantém o atual: {{email}}',
    en: 'Empty keeps the present one: {{email}}',
  },
  gatewayUrl: { 'pt-BR': 'Endereço do gateway', en: 'Gateway address' },
  peerUrl: { 'pt-BR': 'Endereço para parceiros', en: 'Address for partners' },
  unregistered: { 'pt-BR': 'ainda não registrado', en: 'not registered yet' },
  currency: { 'pt-BR': 'Moeda', en: 'Currency' },
  status: { 'pt-BR': 'Situação', en: 'Status' },
  rollout: { 'pt-BR': 'Fase', en: 'Rollout stage' },
  features: { 'pt-BR': 'Recursos', en: 'Features' },
  import: { 'pt-BR': 'Importar', en: 'Import' },
  export: { 'pt-BR': 'Exportar', en: 'Export' },
  purchase: { 'pt-BR': 'Comprar', en: 'Purchase' },
  facts: { 'pt-BR': 'Cadastro', en: 'Registration' },
  policy: { 'pt-BR': 'Política', en: 'Policy' },
  policyOf: { 'pt-BR': 'Política de {{name}}', en: 'Policy of {{name}}' },
  editPolicy: { 'pt-BR': 'Editar política e histórico', en: 'Edit policy, and history' },
  importEnabled: { 'pt-BR': 'Importação ligada', en: 'Import enabled' },
  exportEnabled: { 'pt-BR': 'Exportação ligada', en: 'Export enabled' },
  exportDelaySeconds: { 'pt-BR': 'Atraso da exportação (s)', en: 'Export delay (s)' },
  visibilityEnabled: { 'pt-BR': 'Visível para parceiros', en: 'Visible to partners' },
  visibilityWls: { 'pt-BR': 'Só para estas (vazio: todas)', en: 'Only to these (empty: all)' },
  policyRevision: { 'pt-BR': 'Rótulo da revisão', en: 'Label of the revision' },
  certificates: { 'pt-BR': 'Certificados', en: 'Certificates' },
  serial: { 'pt-BR': 'Série', en: 'Serial' },
  hosts: { 'pt-BR': 'Endereços', en: 'Hosts' },
  until: { 'pt-BR': 'Vale até', en: 'Valid until' },
  revoke: { 'pt-BR': 'Revogar', en: 'Revoke' },
  revokeTitle: { 'pt-BR': 'Revogar o certificado?', en: 'Revoke the certificate?' },
  revokeDoes: {
    'pt-BR':
      'Encerra 1 certificado de {{name}} aqui e, em um minuto, em todas as white labels. Conexões com ele deixam de valer. Não há volta.',
    en: 'Ends 1 certificate of {{name}} here, and at every white label within a minute. Connections with it stop counting. There is no way back.',
  },
  keys: { 'pt-BR': 'Chaves de token', en: 'Token keys' },
  kid: { 'pt-BR': 'Chave', en: 'Key' },
  state: { 'pt-BR': 'Estado', en: 'State' },
  rotate: { 'pt-BR': 'Trocar chaves', en: 'Rotate keys' },
  rotateTitle: { 'pt-BR': 'Trocar as chaves?', en: 'Rotate the keys?' },
  rotateDoes: {
    'pt-BR':
      'A próxima chave de {{name}} passa a assinar. Tokens da atual valem até expirar; nada para.',
    en: 'The next key of {{name}} begins to sign. Tokens of the present one stand until they expire; nothing stops.',
  },
  revokeKeyTitle: { 'pt-BR': 'Revogar a chave?', en: 'Revoke the key?' },
  revokeKeyDoes: {
    'pt-BR':
      'Encerra 1 chave e todos os tokens que ela assinou, agora. {{name}} pedirá tokens novos.',
    en: 'Ends 1 key and every token it has signed, now. {{name}} will ask for new tokens.',
  },
});
