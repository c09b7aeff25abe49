using Dure.Datasets;
using Dure.Kernel;

namespace Dure.Web;

/// <summary>What the import page shows: a file that was brought, how it would be read, and what stands against it.</summary>
/// <param name="File">The upload.</param>
/// <param name="Name">What the person calls it.</param>
/// <param name="Seen">Null when the file cannot be read at all.</param>
public sealed record TableView(ContentHash File, string Name, TableSpec Spec, TablePreview? Seen, Problem? Problem)
{
    /// <summary>The form's fields for the column of a number: its name and what it is for.</summary>
    public const string NameField = "column", RoleField = "role";

    /// <summary>Ends a role when the column is to be taken as categories.</summary>
    public const string AsCategory = "+category";

    /// <summary>What a column of a type may be for, as the form says it.</summary>
    internal static IReadOnlyList<string> ChoicesOf(TableColumn column) => column.Type switch
    {
        TableColumnType.Time => ["time", "identifier"],
        TableColumnType.Text => ["identifier", "feature" + AsCategory, "group"],
        TableColumnType.YesNo => ["feature", "target", "group", "identifier"],
        TableColumnType.Category => ["feature", "target", "group", "identifier", "feature" + AsCategory, "target" + AsCategory],
        _ => ["feature", "target", "group", "time", "identifier", "feature" + AsCategory, "target" + AsCategory],
    };

    /// <summary>What the form has chosen for a column.</summary>
    internal string ChoiceOf(TableColumn column)
    {
        var role = Is(Spec.Group) ? TableRole.Group : Is(Spec.Target) ? TableRole.Target : Spec.Identifiers.Any(Is) ? TableRole.Identifier : column.Role;
        return role.Key() + (role is TableRole.Feature or TableRole.Target && Spec.Categories.Any(Is) ? AsCategory : "");

        bool Is(string? name) => string.Equals(name, column.Name, StringComparison.OrdinalIgnoreCase);
    }
}
