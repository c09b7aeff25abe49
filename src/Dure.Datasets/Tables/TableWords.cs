namespace Dure.Datasets;

/// <summary>Types and roles of columns as they are written: on the wire, in commands and manifests.</summary>
public static class TableWords
{
    public static string Key(this TableColumnType type) => type switch
    {
        TableColumnType.Number => "number",
        TableColumnType.Category => "category",
        TableColumnType.YesNo => "yes-no",
        TableColumnType.Time => "time",
        _ => "text",
    };

    public static string Key(this TableRole role) => role switch
    {
        TableRole.Time => "time",
        TableRole.Group => "group",
        TableRole.Identifier => "identifier",
        TableRole.Target => "target",
        _ => "feature",
    };

    public static bool TryType(string? key, out TableColumnType type) => TryFind(Enum.GetValues<TableColumnType>(), Key, key, out type);

    public static bool TryRole(string? key, out TableRole role) => TryFind(Enum.GetValues<TableRole>(), Key, key, out role);

    public static bool TryDates(string? key, out DateOrder dates)
    {
        (dates, var isKnown) = key switch { null or "" or "shown" => (DateOrder.Shown, true), "day-first" => (DateOrder.DayFirst, true), "month-first" => (DateOrder.MonthFirst, true), _ => (DateOrder.Shown, false) };
        return isKnown;
    }

    private static bool TryFind<T>(T[] all, Func<T, string> keyOf, string? key, out T found)
    {
        var at = Array.FindIndex(all, one => keyOf(one) == key);
        found = at < 0 ? all[0] : all[at];
        return at >= 0;
    }
}
