import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((path) => /\.tsx?$/.test(path) && path !== "api/schema.ts")
  .map((path) => ({ path, file: ts.createSourceFile(path, readFileSync(join(root, "src", path), "utf8"), ts.ScriptTarget.Latest, true) }));

function imports(file: ts.SourceFile): string[] {
  return file.statements.flatMap((statement) => (ts.isImportDeclaration(statement) && ts.isStringLiteral(statement.moduleSpecifier) ? [statement.moduleSpecifier.text] : []));
}

function holds(node: ts.Node, is: (node: ts.Node) => boolean): boolean {
  return is(node) || (ts.forEachChild(node, (child) => holds(child, is) || undefined) ?? false);
}

const offenders = (is: (node: ts.Node) => boolean): string[] => sources.filter(({ file }) => holds(file, is)).map(({ path }) => path);

describe("the sources", () => {
  it("are there to be judged", () => expect(sources.length).toBeGreaterThan(40));

  it("use neither any nor a non-null assertion", () => {
    expect(offenders((node) => node.kind === ts.SyntaxKind.AnyKeyword)).toEqual([]);
    expect(offenders(ts.isNonNullExpression)).toEqual([]);
  });

  it("keep the chart library in one file", () => {
    expect(sources.filter(({ file }) => imports(file).some((name) => name.startsWith("uplot"))).map(({ path }) => path)).toEqual(["chart/pace-chart.tsx"]);
  });

  it("let no feature import a feature", () => {
    const crossing = sources.flatMap(({ path, file }) => {
      const feature = /^features\/([^/]+)\//.exec(path)?.[1];
      return feature === undefined ? [] : imports(file).flatMap((name) => (/^\.\.\/(?!\.\.)/.test(name) ? [`${path} imports ${name}`] : []));
    });
    expect(crossing).toEqual([]);
  });

  it("begin with a sentence on what they are", () => {
    const bare = sources.filter(({ path }) => !path.includes(".test.")).filter(({ file }) => !file.text.startsWith("/**"));
    expect(bare.map(({ path }) => path)).toEqual([]);
  });
});

describe("the page", () => {
  it("holds no inline script or style, and loads nothing from elsewhere", () => {
    const page = readFileSync(join(root, "index.html"), "utf8");
    expect(page).not.toMatch(/<style|style=|<script(?![^>]*\bsrc=)|https?:\/\//);
  });
});
