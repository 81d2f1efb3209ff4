// What a bot looks like on the board. Whatever anybody wrote is put in as text: nothing here is parsed as HTML.

const MOST_TEXT = 240, MOST_REASONS = 3;
const TRAINING = { nlp_never_trained: "Never trained", nlp_stale: "Training needed", nlp_training: "Training",
  nlp_training_failed: "Training failed" };
const SIGNS = { added: "+", removed: "−", changed: "±", renamed: "→" };
const ENDED = { refused: "Refused", failed: "Failed", cancelled: "Cancelled", live: "Published" };

export const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null));
  return element;
};

const words = (text) => String(text).replaceAll("_", " ");
const short = (text) => (text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT).trimEnd()}…` : text);
const many = (count, one, several = `${one}s`) => `${count} ${count === 1 ? one : several}`;
const person = (name) => make("bdi", {}, name);

// -- times --------------------------------------------------------------------

const exact = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60]];

const ago = (seconds) => {
  const [unit, size] = UNITS.find(([, each]) => seconds >= each) ?? ["minute", Infinity];
  return size === Infinity ? "just now" : relative.format(-Math.floor(seconds / size), unit);
};

const when = (moment) => {
  const date = new Date(moment);
  const seconds = (Date.now() - date) / 1000;
  const told = seconds < 14 * 86400 ? ago(seconds) : exact.format(date);
  return make("time", { datetime: moment, title: exact.format(date) }, told);
};

const left = (seconds) => (seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`);

// -- what is known of it, in a word ------------------------------------------------

const blockers = (status) => status.findings.filter((finding) => finding.severity === "blocker");

// That the settings of a bot are new which was never published says little.
const counts = (status) =>
  Object.entries(status.unpublished).filter(([part]) => status.live || part !== "settings").flatMap(([part, ways]) =>
    Object.entries(ways).filter(([, items]) => items.length).map(([way, items]) => [part, way, items.length]));

const total = (status) => counts(status).reduce((sum, [, , count]) => sum + count, 0);

// The newest try: refused at once, which the trail alone has, or a publication that ended.
export const outcome = ({ publication, refusal }) => {
  const ended = publication?.ended_at ? publication : null;
  const atOnce = refusal && !refusal.detail.publication;
  if (atOnce && !(publication && new Date(publication.created_at) > new Date(refusal.at))) {
    return { how: "refused", at: refusal.at, author: refusal.author, target: refusal.detail.target ?? "live",
      codes: refusal.detail.codes, reasons: [] };
  }
  if (!ended) return null;
  const found = ended.findings.filter((finding) => finding.severity === "blocker");
  const reasons = [...(ended.error ? [ended.error.detail] : []), ...found.map((finding) => finding.message)];
  return { how: ended.status, at: ended.ended_at, author: ended.author, target: ended.target,
    codes: found.map((finding) => finding.code), reasons };
};

// The one word of a bot, and the colour that goes with it: what a person should look at comes first.
export const mood = (bot) => {
  const { status } = bot;
  if (!status) return bot.problem ? ["away", "Not known"] : ["waiting", "Looking…"];
  if (status.running) return ["running", "Publishing"];
  if (status.preview_running) return ["running", "To the preview"];
  const last = outcome(bot);
  const unsettled = status.changed || blockers(status).length > 0;
  if (unsettled && last?.target === "live" && ["refused", "failed"].includes(last.how)) return ["bad", ENDED[last.how]];
  if (!status.in_draft) return ["warn", "Not in draft"];
  const training = blockers(status).find((finding) => finding.code in TRAINING);
  if (training) return ["warn", TRAINING[training.code]];
  if (status.live_edits.length) return ["warn", "Edited in live"];
  if (blockers(status).length) return ["warn", "Blocked"];
  if (!status.live) return ["new", "Not live"];
  return status.changed ? ["new", "Unpublished"] : ["good", "As draft"];
};

// -- the parts of a card -----------------------------------------------------------

const row = (term, ...told) => [make("dt", {}, term), make("dd", {}, ...told)];

const served = ({ status, release }) => {
  if (!status.live) return [release ? `Nothing: release ${release.number} was taken off` : "Never published"];
  const told = [make("b", {}, `Release ${status.live.number}`)];
  if (release?.number !== status.live.number) return told;
  const from = { rollback: `, which is release ${release.rollback_of} again`, live_edit: ", an edit of live" };
  told.push(from[release.origin] ?? "", ", ", when(release.activated_at), " by ", person(release.author));
  if (release.notes) told.push(make("q", {}, short(release.notes)));
  return told;
};

const chips = (status) => {
  const found = counts(status);
  if (!found.length) return [status.changed ? "Changed" : nothing(status)];
  const chip = ([part, way, count]) => {
    const what = ` ${many(count, part.replace(/ies$/, "y").replace(/s$/, ""), part)}`;
    const sign = make("span", { "aria-hidden": "true" }, SIGNS[way] ?? "");
    return make("li", { class: way }, sign, what, make("span", { class: "unseen" }, ` ${way}`));
  };
  return [make("ul", { class: "chips" }, ...found.map(chip))];
};

const nothing = (status) => {
  if (!status.in_draft) return "Deleted in draft";
  const untrained = blockers(status).some((finding) => finding.code in TRAINING);
  return untrained ? "Known once it is trained" : "Nothing unpublished";
};

const reasons = (items) => {
  const told = items.slice(0, MOST_REASONS).map((text) => make("li", {}, short(text)));
  if (items.length > MOST_REASONS) told.push(make("li", {}, `and ${items.length - MOST_REASONS} more`));
  return make("ul", { class: "reasons" }, ...told);
};

const stands = (status) => {
  const found = status.running ? [] : blockers(status).filter((finding) => finding.code !== "live_drift");
  return found.length ? row("In the way", reasons(found.map((finding) => finding.message))) : [];
};

const drift = (status) => {
  const known = blockers(status).filter((finding) => finding.code === "live_drift").map((finding) => finding.message);
  const edits = status.live_edits.map(({ kind, name, release, author }) =>
    `${words(kind)} ${name} (release ${release}, by ${author})`);
  return edits.length ? row("Edited in live", reasons(known.length ? known : edits)) : [];
};

const preview = (status) => {
  if (!status.preview_url) return [];
  if (status.preview_away) return row("Preview", status.preview_away);
  return status.preview ? row("Preview", `Release ${status.preview.number}`) : [];
};

const last = (bot) => {
  const found = outcome(bot);
  if (!found || found.how === "live") return [];
  const standing = bot.status && !bot.status.running ? blockers(bot.status) : [];
  const said = found.reasons.length ? found.reasons : (found.codes ?? []).map((code) => words(code));
  // What still stands in the way is told there.
  const told = said.filter((text) => !standing.some(({ code, message }) => message === text || words(code) === text));
  const where = found.target === "preview" ? " for the preview" : "";
  return row("Last try", make("b", {}, ENDED[found.how] ?? words(found.how)), `${where}, `, when(found.at), " by ",
    person(found.author), told.length ? reasons(told) : null);
};

const progress = (job, where) => {
  const percent = Math.round(job.percent);
  const bar = make("progress", { max: "100", value: String(percent), "aria-label": `Publication to ${where}` });
  const rest = job.eta_seconds ? `, about ${left(job.eta_seconds)} left` : "";
  const told = `${words(job.step ?? job.status)}, ${percent} %${rest} · ${words(job.mode)} to ${where}, by `;
  return make("div", { class: "job" }, bar, make("p", {}, told, person(job.author ?? "")));
};

// Draft, and what of it is live: the picture of a bot.
const stage = (status) => {
  const differs = total(status), ahead = differs > 0 || status.changed;
  const drafted = differs ? many(differs, "change") : ahead ? "changed" : "no changes";
  const stand = (name, look, said) => make("span", { class: `stand ${look}` }, make("b", {}, name), said);
  return make("div", { class: "stage" },
    stand("Draft", ahead ? "ahead" : "level", status.in_draft ? drafted : "deleted"),
    make("span", { class: status.running ? "road busy" : "road", "aria-hidden": "true" }),
    stand("LIVE", status.live ? "live" : "live empty", status.live ? `release ${status.live.number}` : "nothing"));
};

export const card = (bot) => {
  const [colour, word] = mood(bot);
  const name = make("h3", { title: bot.name }, make("bdi", {}, bot.name));
  const parts = [make("div", { class: "head" }, name, make("span", { class: "mood" }, word))];
  const { status } = bot;
  if (status) {
    parts.push(stage(status));
    if (status.running) parts.push(progress(status.running, "live"));
    if (status.preview_running) parts.push(progress(status.preview_running, "the preview"));
    const rows = [row("Live", ...served(bot)), row("Unpublished", ...chips(status)), stands(status), drift(status),
      preview(status), last(bot)];
    parts.push(make("dl", {}, ...rows.flat()));
  } else if (outcome(bot)) {
    parts.push(make("dl", {}, ...last(bot)));
  }
  if (bot.problem) {
    const since = status ? [" Shown as of ", when(bot.asOf), "."] : [];
    parts.push(make("p", { class: "problem" }, short(bot.problem), ...since));
  }
  return { colour, parts };
};
