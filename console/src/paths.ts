/** The addresses of the screens. */
const base = "/console";
const project = (app: string) => `${base}/projects/${encodeURIComponent(app)}`;
const under = (app: string, rest: string) => `${project(app)}/${rest}`;

export const paths = {
  base,
  projects: `${base}/projects`,
  project,
  endpoints: (app: string) => under(app, "endpoints"),
  endpoint: (app: string, id: string) => under(app, `endpoints/${encodeURIComponent(id)}`),
  segments: (app: string) => under(app, "segments"),
  newSegment: (app: string) => under(app, "segments/new"),
  segment: (app: string, id: string) => under(app, `segments/${id}`),
  editSegment: (app: string, id: string) => under(app, `segments/${id}/edit`),
  imports: (app: string) => under(app, "imports"),
  newImport: (app: string, segment?: string) => under(app, `imports/new${segment ? `?segment=${segment}` : ""}`),
  importJob: (app: string, id: string) => under(app, `imports/${id}`),
  templates: (app: string) => under(app, "templates"),
  newTemplate: (app: string) => under(app, "templates/new"),
  template: (app: string, name: string) => under(app, `templates/${encodeURIComponent(name)}`),
  campaigns: (app: string) => under(app, "campaigns"),
  newCampaign: (app: string, from: { copy?: string; segment?: string } = {}) =>
    under(app, `campaigns/new${search(from)}`),
  campaign: (app: string, id: string) => under(app, `campaigns/${id}`),
  editCampaign: (app: string, id: string) => under(app, `campaigns/${id}/edit`),
  dryRun: (app: string, id: string) => under(app, `dry-runs/${id}`),
  inbox: (app: string) => under(app, "inbox"),
  message: (app: string, id: string) => under(app, `inbox/${encodeURIComponent(id)}`),
  usage: (app: string) => under(app, "analytics/usage"),
  events: (app: string) => under(app, "analytics/events"),
  campaignAnalytics: (app: string) => under(app, "analytics/campaigns"),
  emailChannel: (app: string) => under(app, "channels/email"),
  keys: `${base}/keys`,
  suppressions: `${base}/suppressions`,
  server: `${base}/server`,
};

function search(values: Record<string, string | undefined>): string {
  const given = Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? "" : `?${new URLSearchParams(given).toString()}`;
}
