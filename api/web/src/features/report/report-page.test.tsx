import { cleanup, screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { openApp, refusal, type Answers } from "../../../test/app";
import { incompleteReport, meeting, nudges, report, reportWith } from "../../../test/fixtures/meeting.mjs";
import type { Report } from "../../api/model";

// A canvas has nothing to say to a test; the chart is looked at in a browser, and its table is tested here.
vi.mock("../../chart/pace-chart", () => ({ PaceChart: () => null, CHART_LEFT_PX: 56, CHART_RIGHT_PX: 12 }));

const ended = meeting(8, { title: "Roadmap", meeting_type: "discovery", duration_ms: report.record.duration_ms });

const stored = {
  parts: [
    { part: "reports", count: 1, bytes: 184_220 },
    { part: "words", count: 56, bytes: 61_400 },
  ],
  audio: { place: "server", bytes: 2_410_000, expires_at: "2026-12-21T09:00:00Z" },
};

function answers(body: Report = report): Answers {
  return {
    [`GET /v1/meetings/${ended.id}`]: () => ({ status: 200, body: ended }),
    [`GET /v1/meetings/${ended.id}/report`]: () => ({ status: 200, body }),
    [`GET /v1/meetings/${ended.id}/stored`]: () => ({ status: 200, body: stored }),
  };
}

describe("the report", () => {
  const open = async (body?: Report) => {
    const app = openApp(`/meetings/${ended.id}/report`, answers(body));
    await screen.findByRole("heading", { level: 1, name: "Roadmap" });
    return app;
  };

  it("names its recognizer and that one's weakness before any number", async () => {
    await open();
    expect(screen.getByText(/^Every second was captured\. Heard by/).textContent).toContain(`PocketSphinx (en-us). ${report.record.recognizer.weakness}`);
  });

  it("says which hearing it shows, and what the second one changed", async () => {
    await open();
    expect(screen.getByRole("region", { name: "Capture" }).textContent).toContain("The first: as it was written while the meeting went on.");
    expect(screen.queryByText(/Heard again/)).toBeNull();
    cleanup();
    const second_hearing = { recognizer: report.record.recognizer, live_recognizer: "sphinx/en-us", segments: 40, heard_again: 38, live_words: 512, changed_words: 17 };
    await open(reportWith({ second_hearing }));
    const words = "Heard again after the meeting, from the audio that you keep. 17 words are others than live, of 512. 2 of its 40 stretches of speech stand as they were written live.";
    expect(screen.getByText(words)).toBeTruthy();
    expect(screen.getByRole("region", { name: "Capture" }).textContent).toContain(`${words} Live it was written by sphinx/en-us.`);
  });

  it("keeps the composite score folded, and never shows it without its five parts, its interval and what it rests on", async () => {
    await open({ ...report, communication_score: 79 });
    const summary = screen.getByText("Communication score");
    const folded = summary.closest("details");
    expect(folded?.open).toBe(false);
    expect(screen.getByRole("region", { name: "Measures" }).contains(folded)).toBe(true);
    expect(folded?.textContent).toMatch(/79of 10090 %: 72–86From 4 of 5 groups of measures; it needs 3\./);
    expect(folded?.textContent).toMatch(/Floor92.*Talk share 96.*Pace88.*Clarity85.*Curiosity50.*VoiceNot enough speech/);
    expect(screen.getAllByText("79")).toHaveLength(1);
  });

  it("has no score where there is not enough for one, and none in a report that is older", async () => {
    const groups = (report.coaching.score?.groups ?? []).map((group) => ({ ...group, value: null, measures: [] }));
    await open(reportWith({}, { score: { value: null, interval: null, exposure: { have: 2, need: 3, unit: "groups of measures" }, groups } }));
    expect(screen.getByText("Communication score").closest("details")?.textContent).toContain("Not enough speech for a score");
    cleanup();
    const { score: _, ...older } = report.coaching;
    await open({ ...report, coaching: older });
    expect(screen.queryByText(/score/i)).toBeNull();
  });

  it("gives each value the range in which it may as well lie", async () => {
    await open();
    const board = screen.getByRole("region", { name: "Measures" });
    expect(board.textContent).toMatch(/Patience.*640ms90 %: 480–790 msTarget 300–1200 ms/);
    expect(board.textContent).toMatch(/Filler words.*1\.2per 100 words90 %: 0\.4–2\.1 per 100 words/);
  });

  it("shows six measures and folds the rest; shows what was counted; makes no number of wording about people", async () => {
    await open();
    const board = screen.getByRole("region", { name: "Measures" });
    const folded = within(board).getByText(/more measures$/).closest("details");
    expect(folded?.open).toBe(false);
    expect(within(board).getAllByRole("listitem").filter((item) => !folded?.contains(item) && item.querySelector("h3") !== null)).toHaveLength(6);
    expect(folded?.textContent).toContain("0:05guys – everyone");
    expect(folded?.textContent).toContain("and 1 more");
    expect(folded?.textContent).toMatch(/Wording about people0:12good pointPhrases/);
    expect(folded?.textContent).toContain("Not coveredNeeds a language model.");
  });

  it("says who spoke, how long, and against which target", async () => {
    await open();
    const talk = screen.getByRole("region", { name: "Who spoke" });
    expect(within(talk).getByRole("img", { name: /^Talk share: you \d+ %, others \d+ %$/ })).toBeTruthy();
    expect(talk.textContent).toContain("Target for your share, the bracket: 35–50 %");
    expect(talk.textContent).toContain("Above range");
  });

  it("has no talk share where one channel carried everybody", async () => {
    await open(reportWith({}, { talk: [{ speaker: "unknown", seconds: 200, share: null, words: 400 }] }));
    expect(screen.getByRole("region", { name: "Who spoke" }).textContent).toContain("nobody can be told apart");
    expect(screen.queryByRole("img", { name: /Talk share/ })).toBeNull();
  });

  it("has no talk share where nobody spoke, and does not blame the channels", async () => {
    await open(reportWith({}, { talk: report.coaching.talk.map((side) => ({ ...side, seconds: 0, share: null, words: 0 })) }));
    expect(screen.getByRole("region", { name: "Who spoke" }).textContent).toContain("Nobody spoke, so there is no talk share.");
  });

  it.each([
    ["nothing was lost", report, "Every second was captured but the 5 min that you withheld."],
    ["something was lost too", incompleteReport, /^\d+ % was captured; 17 s were lost, and 5 min withheld by you\./],
  ])("claims no second that was withheld, where %s", async (_, captured, words) => {
    await open({ ...captured, record: { ...captured.record, coverage: captured.record.coverage.map((coverage) => ({ ...coverage, withheld_s: 300 })) } });
    expect(screen.getByText(words, { exact: false })).toBeTruthy();
  });

  it("gives pace over time as a table, without the moments that have none", async () => {
    const { user } = await open();
    await user.click(screen.getByText("Pace as a table"));
    const rows = within(screen.getByRole("region", { name: "Pace as a table" })).getAllByRole("row");
    expect(rows).toHaveLength(1 + report.coaching.pace.filter(({ wpm }) => wpm != null).length);
    expect(rows.map((row) => row.textContent).slice(1)).toContainEqual(expect.stringMatching(/^\d+:\d\d\d{3}Above range$/));
  });

  it("says of each measure its value, unit and target", async () => {
    await open();
    const board = screen.getByRole("region", { name: "Measures" });
    const cell = (name: string) => within(board).getAllByRole("listitem").find((item) => within(item).queryByRole("heading", { name }) !== null)?.textContent;
    expect(cell("Patience")).toMatch(/In range.*640ms.*Target 300–1200 ms.*A quarter were under 450 ms/);
    expect(cell("Interruptions")).toMatch(/0.*per 10 min.*at most 1 per 10 min.*0 made, 1 received/);
  });

  it("says what is missing instead of zero, and what is not covered and why", async () => {
    await open();
    const board = screen.getByRole("region", { name: "Measures" });
    expect(board.textContent).toMatch(/Questions.*Not enough speech.*3\.7 of 5 minutes of meeting/);
    expect(board.textContent).toContain("Not coveredThis recognizer does not write um and uh down.");
  });

  it("quotes what the meeting came to, with an owner and a day only where they were spoken", async () => {
    await open();
    const outcome = screen.getByRole("region", { name: "Outcome" });
    expect(outcome.textContent).toContain("I will send you a one page plan by Thursday,You · owner: You, “by thursday”");
    expect(outcome.textContent).toContain("Could you put the numbers from Utrecht in it as well?Others · no owner was named, no day");
    expect(outcome.textContent).toContain("No question was left open.");
    expect(outcome.textContent).toContain("Not here: summary, topics. Needs a language model.");
    const places = within(outcome).getAllByRole("link").map((link) => link.getAttribute("href"));
    expect(places.every((place) => report.record.utterances.some(({ id }) => place === `#${id}`))).toBe(true);
  });

  it("says in short what to look at first, each with its moment", async () => {
    await open();
    const short = screen.getByRole("region", { name: "In short" });
    expect(short.textContent).toMatch(/One thing.*Speaking rate|One thing.*Pace/);
    expect(within(short).getAllByRole("link", { name: /^Show \d+:\d\d in the transcript$/ })).toHaveLength(2);
  });

  it("offers what may be handed on apart from what is the reader's own", async () => {
    const { user } = await open();
    await user.click(screen.getByRole("button", { name: "Download" }));
    const links = (await screen.findAllByRole("menuitem")).map((item) => item.getAttribute("href") ?? "");
    const shared = links.filter((link) => link.endsWith("part=record"));
    expect(shared.map((link) => /files\/(\w+)/.exec(link)?.[1])).toEqual(["pdf", "html", "md", "ics", "vtt"]);
    expect(links.filter((link) => link.includes("files/csv")).every((link) => link.endsWith("part=all"))).toBe(true);
  });

  it("maps who took the floor after whom, and who cut in", async () => {
    await open();
    const turns = screen.getByRole("region", { name: "Turn-taking" });
    const rows = within(within(turns).getByRole("region", { name: "Who took the floor after whom" })).getAllByRole("row");
    expect(rows.map((row) => row.textContent)).toEqual(["AfterYouOthers", expect.stringMatching(/^You–\d+$/), expect.stringMatching(/^Others\d+–$/)]);
    expect(turns.textContent).toContain("Cut in: Others 1. Tried to and gave up: nobody.");
    expect(within(turns).getByRole("img", { name: /^How long you waited before you spoke, 13 times; 1 of them/ })).toBeTruthy();
  });

  it("tells attention by minute where the device sent any, and is silent where it did not", async () => {
    await open();
    expect(screen.queryByRole("region", { name: "Attention" })).toBeNull();
    cleanup();
    const measure = { id: "A7", name: "Focus on the meeting", unit: "%", value: 91, state: "ok" as const, exposure: { have: 400, need: 60, unit: "s of good quality" } };
    await open(reportWith({}, { attention: [measure], attention_minutes: [{ at_ms: 60_000, focus: 88.2 }] }));
    const attention = screen.getByRole("region", { name: "Attention" });
    expect(attention.textContent).toContain("Focus on the meeting91 %");
    expect(within(attention).getByRole("region", { name: "Attention by minute" }).textContent).toMatch(/1:00–+88–$/);
  });

  it("is read where it is older than its parts", async () => {
    const newer = ["decisions", "actions", "open_questions", "missing", "people", "one_thing", "strengths", "growth", "turn_taking", "questions", "charts", "held_out", "attention", "attention_minutes", "left_out", "missed_questions", "trends"];
    const older = <T extends object>(part: T) => Object.fromEntries(Object.entries(part).filter(([name]) => !newer.includes(name))) as T;
    await open({ ...report, record: older(report.record), coaching: older(report.coaching) });
    expect(screen.getByRole("region", { name: "Who spoke" })).toBeTruthy();
    expect(screen.getByRole("img", { name: /^Turns over \d+:\d\d: You \d+, Others \d+, \d+ nudges? shown$/ })).toBeTruthy();
  });

  it("lists the nudges with their reason and leads to the moment", async () => {
    await open();
    const list = screen.getByRole("region", { name: "Nudges" });
    const first = nudges[0];
    expect(first).toBeDefined();
    expect(within(list).getByText("Slow down")).toBeTruthy();
    const link = within(list).getByRole("link", { name: /^Show 1:\d\d in the transcript$/ });
    expect(report.record.utterances.map(({ id }) => `#${id}`)).toContain(link.getAttribute("href"));
  });

  it("notes what a person makes of a nudge", async () => {
    const [first] = nudges;
    if (first === undefined) throw new Error("the report has no nudge");
    const sent: unknown[] = [];
    const { user } = openApp(`/meetings/${ended.id}/report`, {
      ...answers(),
      [`PUT /v1/meetings/${ended.id}/nudges/${first.id}/reaction`]: async (request) => {
        sent.push(await request.json());
        return { status: 204 };
      },
    });
    const made = await screen.findByRole("group", { name: new RegExp(`^What you make of ${first.headline}`) });
    const pressed = (name: string): string | null => within(made).getByRole("button", { name }).getAttribute("aria-pressed");
    expect([pressed("Helpful"), pressed("Not helpful")]).toEqual(["false", "false"]);
    await user.click(within(made).getByRole("button", { name: "Not helpful" }));
    await waitFor(() => expect([pressed("Helpful"), pressed("Not helpful")]).toEqual(["false", "true"]));
    expect(sent).toEqual([{ reaction: "dismissed" }]);
    expect(screen.getByRole("region", { name: "Nudges" }).textContent).toContain("You dismissed it");
  });

  it("says what is stored, where and until when, and destroys the audio once it is told to", async () => {
    const left = { ...stored, audio: null as typeof stored.audio | null };
    let audio: typeof stored.audio | null = stored.audio;
    const { user } = openApp(`/meetings/${ended.id}/report`, {
      ...answers(),
      [`GET /v1/meetings/${ended.id}/stored`]: () => ({ status: 200, body: { ...left, audio } }),
      [`DELETE /v1/meetings/${ended.id}/audio`]: () => {
        audio = null;
        return { status: 204 };
      },
    });
    const data = await screen.findByRole("region", { name: "My data" });
    const rows = (await within(data).findAllByRole("row")).map((row) => row.textContent);
    expect(rows).toContain("Words, by segment56, 61 kBDatabase of this serverYou delete the meeting");
    expect(rows.at(-1)).toMatch(/^Audio2\.4 MBDisk of this server.*2026/);
    await user.click(within(data).getByRole("button", { name: "Delete the audio now" }));
    await user.click(await screen.findByRole("button", { name: "Delete the audio" }));
    expect(await within(data).findByText("None is kept")).toBeTruthy();
    expect(within(data).queryByRole("button", { name: "Delete the audio now" })).toBeNull();
    expect(within(data).getByRole("button", { name: "Delete this meeting now" })).toBeTruthy();
  });

  it("tells the measures of earlier meetings, and where a question was missed", async () => {
    const source = { t0_ms: 31_000, t1_ms: 62_000, utterances: [] };
    const missed = { by: { speaker: "them" as const, name: "Ana" }, text: "because of the translations", source, replied_at_ms: 63_000 };
    await open(reportWith({}, { trends: [{ measure: "C3", values: [148, 155.2, 161] }], missed_questions: [missed] }));
    expect(screen.getByText("Last 3 meetings of this type: 148, 155, 161")).toBeTruthy();
    const turns = screen.getByRole("region", { name: "Turn-taking" });
    expect(turns.textContent).toContain("Ana ended… because of the translationsyou went on at 1:03");
  });

  it("puts right who spoke", async () => {
    const theirs = report.record.utterances.find(({ speaker }) => speaker === "them");
    if (theirs === undefined) throw new Error("nobody else spoke");
    const sent: unknown[] = [];
    const { user } = openApp(`/meetings/${ended.id}/report`, {
      ...answers(),
      [`PUT /v1/meetings/${ended.id}/utterances/${theirs.id}`]: async (request) => {
        const body = (await request.json()) as { text: string };
        sent.push(body);
        return { status: 200, body: { segment: theirs.id, version: 1, text: body.text, report_version: 1 } };
      },
    });
    const transcript = await screen.findByRole("region", { name: "Transcript" });
    const passage = within(transcript).getByText(theirs.text, { exact: false }).closest("li");
    if (passage === null) throw new Error("nothing can be corrected");
    await user.click(within(passage).getByRole("button", { name: /^Correct the words at/ }));
    await user.type(await within(transcript).findByRole("combobox", { name: "Who spoke" }), "Ana Reyes");
    await user.click(within(transcript).getByRole("button", { name: "Save words" }));
    expect(await within(transcript).findByText("Ana Reyes")).toBeTruthy();
    expect(sent).toEqual([{ text: theirs.text, version: 0, who: "Ana Reyes" }]);
  });

  it("searches the transcript and says how much it found", async () => {
    const { user } = await open();
    const transcript = screen.getByRole("region", { name: "Transcript" });
    await user.type(within(transcript).getByRole("searchbox", { name: "Search the transcript" }), "portuguese");
    expect(await within(transcript).findByText("2 passages")).toBeTruthy();
    expect(within(transcript).getAllByText("Portuguese", { selector: "mark" })).toHaveLength(3);
    await user.clear(within(transcript).getByRole("searchbox"));
    await user.type(within(transcript).getByRole("searchbox"), "zeppelin");
    expect(await within(transcript).findByText("Nobody said that")).toBeTruthy();
  });

  it("says what was lost, where capture broke off", async () => {
    await open(incompleteReport);
    expect(screen.getByText("This report is incomplete (version 1)")).toBeTruthy();
    expect(screen.getByText(/was captured; 17 s were lost/)).toBeTruthy();
    expect(screen.getByText(/2:21–2:38 \(17 s\), the others: the device’s buffer was full/)).toBeTruthy();
  });
});

describe("words that are put right", () => {
  const first = report.record.utterances[0];
  if (first === undefined) throw new Error("the report has no utterance");
  const address = `PUT /v1/meetings/${ended.id}/utterances/${first.id}`;
  const open = async (answer: Answers[string], more: Answers = {}) => {
    const sent: unknown[] = [];
    const app = openApp(`/meetings/${ended.id}/report`, {
      ...answers(),
      ...more,
      [address]: async (request) => {
        sent.push(await request.json());
        return answer(request);
      },
    });
    const transcript = await screen.findByRole("region", { name: "Transcript" });
    const [edit] = within(transcript).getAllByRole("button", { name: /^Correct the words at/ });
    if (edit === undefined) throw new Error("nothing can be corrected");
    edit.focus();
    await app.user.keyboard("{Enter}");
    const [field] = within(transcript).getAllByRole("textbox", { name: /^Words at/ });
    if (field === undefined) throw new Error("there is no field");
    expect(document.activeElement).toBe(field);
    return { ...app, transcript, field, sent };
  };
  const saved: Answers[string] = () => ({ status: 200, body: { segment: first.id, version: 1, text: "What was truly said." } });

  it("are saved by Enter, shown at once, and the focus goes back", async () => {
    const { user, transcript, field, sent } = await open(saved);
    await user.clear(field);
    await user.keyboard("What  was truly said.{Enter}");
    expect(await within(transcript).findByText("What was truly said.")).toBeTruthy();
    expect(sent).toEqual([{ text: "What was truly said.", version: 0 }]);
    expect(within(transcript).getByText("corrected").getAttribute("title")).toBe(`Heard: ${first.text}`);
    expect(document.activeElement?.getAttribute("aria-label")).toMatch(/^Correct the words at/);
    expect(transcript.textContent).toContain("and as you put it right");
  });

  it("stay as they were on Escape, and where nothing was changed", async () => {
    const { user, transcript, field, sent } = await open(saved);
    await user.type(field, " and more");
    await user.keyboard("{Escape}");
    expect(within(transcript).queryByRole("textbox", { name: /^Words at/ })).toBeNull();
    expect(within(transcript).getByText(first.text)).toBeTruthy();
    await user.keyboard("{Enter}");
    expect(within(transcript).getAllByRole("textbox", { name: /^Words at/ })[0]).toHaveProperty("value", first.text);
    await user.keyboard("{Enter}");
    expect(within(transcript).queryByRole("textbox", { name: /^Words at/ })).toBeNull();
    expect(sent).toEqual([]);
  });

  it("are not lost when they cannot be saved, and what was saved elsewhere is shown beside them", async () => {
    let answer: Awaited<ReturnType<Answers[string]>> = refusal(409, "outdated", "these words were put right elsewhere meanwhile; read the report again");
    let shown = report;
    const theirs = { ...first, text: "What they say was said.", corrected: { version: 1, heard: first.text } };
    const { user, transcript, field, sent, requests } = await open(
      () => {
        shown = reportWith({ utterances: report.record.utterances.map((said) => (said.id === first.id ? theirs : said)) });
        return answer;
      },
      { [`GET /v1/meetings/${ended.id}/report`]: () => ({ status: 200, body: shown }) },
    );
    await user.clear(field);
    await user.keyboard("What was truly said.{Enter}");
    const alert = await within(transcript).findByRole("alert");
    expect(alert.textContent).toBe("Not saved; what you typed is still here. These words were put right elsewhere meanwhile; read the report again.");
    expect(field).toHaveProperty("value", "What was truly said.");
    await waitFor(() => expect(requests.filter((request) => request === `GET /v1/meetings/${ended.id}/report`)).toHaveLength(2));
    expect(await within(transcript).findByText("Saved elsewhere meanwhile: What they say was said.")).toBeTruthy();
    answer = { status: 200, body: { segment: first.id, version: 2, text: "What was truly said." } };
    await user.click(within(transcript).getByRole("button", { name: "Save words" }));
    expect(await within(transcript).findByText("corrected")).toBeTruthy();
    expect(sent).toEqual([
      { text: "What was truly said.", version: 0 },
      { text: "What was truly said.", version: 1 },
    ]);
  });

  it("stay as typed while another passage is looked for or opened", async () => {
    const { user, transcript, field } = await open(saved);
    await user.clear(field);
    await user.keyboard("Half a thought");
    const typed = (): unknown[] => within(transcript).getAllByRole("textbox", { name: /^Words at/ }).map((each) => (each as HTMLTextAreaElement).value);
    await user.type(within(transcript).getByRole("searchbox"), "nobody says this");
    expect(typed()).toContain("Half a thought");
    await user.clear(within(transcript).getByRole("searchbox"));
    const [another] = within(transcript).getAllByRole("button", { name: /^Correct the words at/ });
    if (another === undefined) throw new Error("there is one passage");
    await user.click(another);
    expect(typed()).not.toContain("Half a thought");
    const [back] = within(transcript).getAllByRole("button", { name: /^Correct the words at/ });
    if (back === undefined) throw new Error("there is one passage");
    await user.click(back);
    expect(typed()).toContain("Half a thought");
  });

  it("cannot be nothing", async () => {
    const { user, transcript, field } = await open(saved);
    await user.clear(field);
    expect(within(transcript).getByRole("button", { name: "Save words" })).toHaveProperty("disabled", true);
  });
});

describe("a report that was loaded", () => {
  it("stays when a question in the background is not answered", async () => {
    let away = false;
    const { refresh } = openApp(`/meetings/${ended.id}/report`, {
      [`GET /v1/meetings/${ended.id}`]: () => (away ? refusal(503, "unavailable") : { status: 200, body: ended }),
      [`GET /v1/meetings/${ended.id}/report`]: () => (away ? refusal(503, "unavailable") : { status: 200, body: report }),
      [`GET /v1/meetings/${ended.id}/stored`]: () => (away ? refusal(503, "unavailable") : { status: 200, body: stored }),
    });
    await screen.findByText("Audio");
    away = true;
    await refresh();
    expect(screen.getByRole("region", { name: "Who spoke" })).toBeTruthy();
    expect(screen.queryByRole("alert")).toBeNull();
  });
});

describe("a report that is not there", () => {
  it("is waited for while it is being made, and shown once it is", async () => {
    let answer: Awaited<ReturnType<Answers[string]>> = refusal(404, "report_not_ready");
    const { refresh } = openApp(`/meetings/${ended.id}/report`, { ...answers(), [`GET /v1/meetings/${ended.id}/report`]: () => answer });
    expect(await screen.findByText(/The report is being made/)).toBeTruthy();
    // A server that is away for a moment is no reason to give up.
    answer = refusal(503, "unavailable");
    await refresh();
    expect(screen.getByText(/The report is being made/)).toBeTruthy();
    answer = { status: 200, body: report };
    expect(await screen.findByRole("region", { name: "Who spoke" })).toBeTruthy();
  });

  it("leads to the live view of a meeting that goes on", async () => {
    openApp(`/meetings/${ended.id}/report`, {
      [`GET /v1/meetings/${ended.id}`]: () => ({ status: 200, body: { ...ended, state: "live" } }),
      [`GET /v1/meetings/${ended.id}/report`]: () => refusal(404, "report_not_ready"),
    });
    expect(await screen.findByRole("link", { name: "Watch it live" })).toHaveProperty("pathname", `/meetings/${ended.id}/live`);
  });

  it("is an error when the meeting does not exist", async () => {
    openApp(`/meetings/${ended.id}/report`, {});
    expect(await screen.findByText("This report could not be opened")).toBeTruthy();
  });
});

describe("the address of a meeting", () => {
  beforeEach(() => vi.stubGlobal("WebSocket", class extends EventTarget {}));

  it.each([
    ["live", "live"],
    ["scheduled", "live"],
    ["suspended", "report"],
    ["ended", "report"],
  ] as const)("of a %s meeting leads to its %s page", async (state, page) => {
    const { path } = openApp(`/meetings/${ended.id}`, {
      ...answers(),
      [`GET /v1/meetings/${ended.id}`]: () => ({ status: 200, body: { ...ended, state } }),
    });
    await waitFor(() => expect(path()).toBe(`/meetings/${ended.id}/${page}`));
  });
});
