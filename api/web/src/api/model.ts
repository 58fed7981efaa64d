/** The server's shapes by the names this app calls them. Everything comes from the generated document. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Meeting = Schemas["Meeting"];
export type MeetingPage = Schemas["MeetingPage"];
export type MeetingType = Schemas["MeetingType"];
export type MeetingState = Schemas["MeetingState"];
export type Report = Schemas["Report"];
export type Measure = Schemas["Measure"];
export type Target = Schemas["Target"];
export type Utterance = Schemas["Utterance"];
export type Final = Schemas["Final"];
export type Exposure = Schemas["Exposure"];
export type Turn = Schemas["Turn"];
export type Gap = Schemas["Gap"];
export type Nudge = Schemas["Nudge"];
export type Speaker = Schemas["Speaker"];
export type Track = Schemas["Track"];
export type Word = Schemas["Word"];
export type Coverage = Schemas["Coverage"];
export type PacePoint = Schemas["PacePoint"];
export type TalkTime = Schemas["TalkTime"];
export type LiveMeasures = Schemas["LiveMeasures"];
export type RecognizerInfo = Schemas["RecognizerInfo"];
export type User = Schemas["User"];
