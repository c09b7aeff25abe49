using System.Text;

namespace Dure.Datasets;

/// <summary>Proposes words and roles for a table from its names and cells; a person decides.</summary>
public static class TableSuggestion
{
    private const int MaxName = 60;
    private static readonly string[] Groups = ["machine", "asset", "engine", "equipment", "unit", "line", "tool", "batch", "lot", "furnace", "press", "station", "설비", "호기", "로트", "라인", "기계"];
    private static readonly string[] Targets = ["target", "label", "class", "result", "failure", "fault", "defect", "passed", "quality", "rul", "yield", "불량", "판정", "결과", "고장", "수율"];
    private static readonly string[] Identifiers = ["id", "no", "nr", "uid", "udi", "index", "serial", "number", "번호", "순번"];

    /// <summary>A spec with the roles that the columns' names and cells suggest; what a spec says already stays.</summary>
    public static TableSpec For(TablePreview seen, TableSpec spec)
    {
        if (seen.File.Format == ImagePack.Format)
            return spec; // folders have said it
        var named = spec.Named().Select(one => one.Column).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var free = seen.Columns.Where(column => !named.Contains(column.Name) && column.Role != TableRole.Time).ToList();
        var ids = free.Where(column => LooksLikeId(seen, column) || (column.Distinct == seen.Rows - column.Missing && column.Type != TableColumnType.Time && HasWord(column, Identifiers))).ToList();
        var group = free.Except(ids).FirstOrDefault(column => column.Type is TableColumnType.Category or TableColumnType.Number && column.Unit.Length == 0 && column.Distinct > 1 && column.Distinct <= seen.Rows / 2 && HasWord(column, Groups));
        var target = free.Except(ids).LastOrDefault(column => column != group && column.Type is not (TableColumnType.Text or TableColumnType.Time) && column.Distinct > 1 && HasWord(column, Targets));
        return spec with
        {
            Group = spec.Group ?? group?.Name,
            Target = spec.Target ?? target?.Name,
            Identifiers = spec.Identifiers.Count > 0 ? spec.Identifiers : [.. ids.Select(column => column.Name)],
            MendMidnights = spec.MendMidnights || seen.Quality.Columns.Any(column => column.Findings.Any(finding => finding.Key == QualityKinds.WrongMidnights)),
        };
    }

    /// <summary>A dataset's name made of a file's.</summary>
    public static string NameOf(string file)
    {
        var name = new StringBuilder();
        foreach (var letter in Path.GetFileNameWithoutExtension(file).ToLowerInvariant())
            if (char.IsAsciiLetterLower(letter) || (char.IsAsciiDigit(letter) && name.Length > 0))
                name.Append(letter);
            else if (name.Length > 0 && name[^1] != '-')
                name.Append('-');
        var made = name.ToString(0, Math.Min(name.Length, MaxName)).TrimEnd('-');
        return made.Length > 0 ? made : "table";
    }

    private static bool LooksLikeId(TablePreview seen, TableColumn column) =>
        seen.Quality.Columns.Any(one => one.Column == column.Name && one.Findings.Any(finding => finding.Key == QualityKinds.LooksLikeId));

    /// <summary>Whether one of the words stands in the name by itself: <c>machine_id</c>, <c>Machine failure</c>.</summary>
    private static bool HasWord(TableColumn column, string[] words) =>
        column.Name.Split([' ', '_', '-', '.', '/', '(', '['], StringSplitOptions.RemoveEmptyEntries).Any(part => words.Contains(part, StringComparer.OrdinalIgnoreCase));
}
