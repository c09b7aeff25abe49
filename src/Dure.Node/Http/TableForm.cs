using System.Globalization;
using Dure.Datasets;
using Dure.Web;

namespace Dure.Node.Http;

/// <summary>The form of the import page as a spec: the words as the API has them, and a choice for each column by its number.</summary>
internal static class TableForm
{
    public static TableSpec Read(IFormCollection form)
    {
        var spec = TableQuery.Read(key => form[key]);
        var (categories, identifiers) = (new List<string>(), new List<string>());
        for (var i = 0; form[Key(TableView.NameField, i)].ToString() is { Length: > 0 } column; i++)
        {
            var choice = form[Key(TableView.RoleField, i)].ToString();
            if (choice.EndsWith(TableView.AsCategory, StringComparison.Ordinal))
                categories.Add(column);
            spec = choice.Split('+')[0] switch
            {
                "time" => spec with { Time = spec.Time ?? column },
                "group" => spec with { Group = spec.Group ?? column },
                "target" => spec with { Target = spec.Target ?? column },
                _ => spec,
            };
            if (choice == "identifier")
                identifiers.Add(column);
        }
        return spec with { Categories = categories, Identifiers = identifiers };
    }

    private static string Key(string field, int column) => string.Create(CultureInfo.InvariantCulture, $"{field}{column}");
}
