/** The server's shapes by the names this app calls them. Everything comes from the generated document. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Meeting = Schemas["Meeting"];
export type Organisation = Schemas["Organisation"];
export type Act = Schemas["Act"];
export type Kept = Schemas["KeptKind"];
export type RetentionKind = Schemas["RetentionKind"];
export type RetentionRun = Schemas["RetentionRun"];
export type Speech = Schemas["Speech"];
export type ConsentKind = Schemas["ConsentKind"];
export type MeetingType = Schemas["MeetingType"];
export type MeetingState = Schemas["MeetingState"];
export type Report = Schemas["MeetingReport"];
/** What others may be given. */
export type MeetingRecord = Schemas["MeetingRecord"];
/** What is the person's own. */
export type Coaching = Schemas["Coaching"];
export type Who = Schemas["Who"];
export type Source = Schemas["Source"];
export type ActionItem = Schemas["ActionItem"];
export type Missing = Schemas["Missing"];
export type Point = Schemas["Point"];
export type Stored = Schemas["MeetingStored"];
export type MissedQuestion = Schemas["MissedQuestion"];
export type QuestionAsked = Schemas["QuestionAsked"];
export type TurnTaking = Schemas["TurnTaking"];
export type GapBar = Schemas["GapBar"];
export type Charts = Schemas["Charts"];
export type Minute = Schemas["Minute"];
export type Measure = Schemas["Measure"];
export type Moment = Schemas["Moment"];
export type ScoreGroup = Schemas["Group"];
export type Band = Schemas["Band"];
export type Utterance = Schemas["Line"];
export type Turn = Schemas["Turn"];
export type Gap = Schemas["Gap"];
export type Nudge = Schemas["NudgeShown"];
export type HeldOut = Schemas["NudgeHeldOut"];
export type Speaker = Schemas["Speaker"];
export type Track = Schemas["Track"];
export type Word = Schemas["Word"];
export type Coverage = Schemas["Coverage"];
export type PacePoint = Schemas["PacePoint"];
/** They come over the live socket. What has not enough speech yet is `null`. */
export type LiveMeasures = Schemas["LiveMeasures"];
export type AttentionCards = Schemas["Cards"];
export type Alertness = Schemas["Alertness"];
export type Environment = Schemas["Environment"];
export type HeartRecording = Schemas["HeartRecording"];
export type Device = Schemas["Device"];
export type ErasureReceipt = Schemas["ErasureReceipt"];
export type Export = Schemas["Export"];
export type SignIn = Schemas["SignIn"];
export type SigningInWith = Schemas["SigningInWith"];
export type CodesBegun = Schemas["CodesBegun"];
export type Provider = Schemas["Provider"];
export type OfferedProvider = Schemas["OfferedProvider"];
export type SetOut = Schemas["SetOut"];
export type LinkedIdentity = Schemas["LinkedIdentity"];
export type Participant = Schemas["Participant"];
export type ParticipantTalk = Schemas["ParticipantTalk"];
export type Talk = Schemas["Talk"];
export type SecondHearing = Schemas["SecondHearing"];
