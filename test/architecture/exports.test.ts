import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";

interface Package {
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}
const { exports } = JSON.parse(readFileSync("package.json", "utf8")) as Package;
const modules = Object.entries(exports).filter(([subpath]) => !subpath.endsWith(".json"));
const sourceOf = (target: Package["exports"][string]): string =>
  typeof target === "string" ? target : (target["crucible-harness-source"] ?? "");

/** The public names of a module, types marked as such, in alphabetical order. */
function namesOf(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest);
  const names = source.statements.flatMap((statement): string[] => {
    if (ts.isExportDeclaration(statement)) {
      const { exportClause, moduleSpecifier, isTypeOnly } = statement;
      if (!exportClause) return namesOf(join(dirname(file), (moduleSpecifier as ts.StringLiteral).text));
      if (ts.isNamespaceExport(exportClause)) return [exportClause.name.text];
      return exportClause.elements.map((one) => `${isTypeOnly || one.isTypeOnly ? "type " : ""}${one.name.text}`);
    }
    const isPublic = ts.canHaveModifiers(statement) && ts.getModifiers(statement)?.some(isExport);
    if (!isPublic) return [];
    if (ts.isVariableStatement(statement))
      return statement.declarationList.declarations.map(({ name }) => name.getText(source));
    const name = (statement as ts.DeclarationStatement).name?.getText(source) ?? "default";
    return [ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement) ? `type ${name}` : name];
  });
  const bare = (name: string): string => name.replace("type ", "").toLowerCase();
  return [...new Set(names)].sort((a, b) => (bare(a) < bare(b) ? -1 : 1));
}

const isExport = ({ kind }: ts.ModifierLike): boolean => kind === ts.SyntaxKind.ExportKeyword;

describe("the package", () => {
  it("has a source for every subpath, and builds it to where its types and code are looked for", () => {
    expect(modules.filter(([, target]) => !existsSync(sourceOf(target))).map(([subpath]) => subpath)).toEqual([]);
    for (const [, target] of modules) {
      const built = sourceOf(target).replace("./", "./dist/").replace(/\.ts$/, "");
      expect(target).toMatchObject({ types: `${built}.d.ts`, default: `${built}.js` });
    }
  });

  it.each(modules.filter(([, target]) => existsSync(sourceOf(target))))(
    "shows these names at %s",
    async (subpath, target) => {
      const file = `public-names/${subpath === "." ? "index" : subpath.slice(2).replaceAll("/", "-")}.txt`;
      await expect(`${namesOf(sourceOf(target)).join("\n")}\n`).toMatchFileSnapshot(file);
    },
  );
});
