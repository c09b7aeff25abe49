using System.Text.Json.Nodes;

namespace Dure.Datasets;

/// <summary>The JSON-LD context that Croissant 1.0 prescribes, and our prefix.</summary>
internal static class CroissantContext
{
    /// <summary>Terms that are the Croissant vocabulary's own, written <c>cr:term</c>.</summary>
    private static readonly string[] CroissantTerms =
        ["citeAs", "column", "extract", "field", "fileObject", "fileProperty", "fileSet", "format", "includes", "isLiveDataset", "jsonPath", "key", "md5",
         "parentField", "path", "recordSet", "references", "regex", "repeated", "replace", "separator", "source", "subField", "transform"];

    public static JsonObject Json()
    {
        var context = new JsonObject
        {
            ["@language"] = "en",
            ["@vocab"] = "https://schema.org/",
            ["sc"] = "https://schema.org/",
            ["cr"] = "http://mlcommons.org/croissant/",
            ["rai"] = "http://mlcommons.org/croissant/RAI/",
            ["dct"] = "http://purl.org/dc/terms/",
            ["dure"] = "urn:dure:terms:",
            ["conformsTo"] = "dct:conformsTo",
            ["data"] = new JsonObject { ["@id"] = "cr:data", ["@type"] = "@json" },
            ["dataType"] = new JsonObject { ["@id"] = "cr:dataType", ["@type"] = "@vocab" },
            ["examples"] = new JsonObject { ["@id"] = "cr:examples", ["@type"] = "@json" },
            ["dure:split"] = new JsonObject { ["@type"] = "@json" },
            ["dure:quality"] = new JsonObject { ["@type"] = "@json" },
            ["dure:lineage"] = new JsonObject { ["@type"] = "@json" },
        };
        foreach (var term in CroissantTerms)
            context[term] = $"cr:{term}";
        return context;
    }
}
