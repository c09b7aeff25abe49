using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Learn.Tables;

namespace Dure.Learn.Trees;

/// <summary>An ensemble as canonical JSON: the same ensemble gives the same bytes. What is read is checked as a stranger's.</summary>
public static class TreesFile
{
    private const string Format = "dure-trees-1";
    private const int MostTrees = 1_000_000;

    public static byte[] Write(BoostedTrees model) => CanonicalJson.Serialize(new JsonObject
    {
        ["format"] = Format,
        ["loss"] = LossNames.NameOf(model.Loss),
        ["parameter"] = LossNames.ParameterOf(model.Loss),
        ["start"] = Numbers(model.Start),
        ["features"] = new JsonArray([.. model.Features.Select(feature => JsonValue.Create(feature))]),
        ["categories"] = new JsonArray([.. model.Bins.Select(bins => bins.IsCategorical ? (JsonNode)CodesOf(bins) : null)]),
        ["trees"] = new JsonArray([.. model.Trees.Select(Write)]),
    });

    /// <exception cref="ProblemException">The bytes are no ensemble of this form.</exception>
    public static BoostedTrees Read(ReadOnlySpan<byte> file)
    {
        try
        {
            return Read(JsonNode.Parse(file, documentOptions: new JsonDocumentOptions { MaxDepth = 16 })!.AsObject());
        }
        catch (Exception damaged) when (damaged is JsonException or InvalidOperationException or FormatException or NullReferenceException or ArgumentException or OverflowException or KeyNotFoundException)
        {
            throw Damaged("It is not of the form that is expected here.", damaged);
        }
    }

    private static BoostedTrees Read(JsonObject file)
    {
        Must(file["format"]!.GetValue<string>() == Format, "its format is another");
        var loss = LossNames.TryOf(file["loss"]!.GetValue<string>(), (double?)file["parameter"]) ?? throw Damaged("its loss is unknown", null);
        loss.Check();
        var features = file["features"]!.AsArray().Select(feature => feature!.GetValue<string>()).ToArray();
        Must(features.Length is > 0 and <= FeatureTable.MaxColumns, "it has no columns, or too many");
        var categories = file["categories"]!.AsArray();
        Must(categories.Count == features.Length, "its columns and their categories differ in number");
        FeatureBins[] bins = [.. categories.Select(codes => FeatureBins.OfModel(codes is null ? null : ReadCodes(codes.AsObject())))];
        var trees = file["trees"]!.AsArray();
        Must(trees.Count <= MostTrees && trees.Count % loss.Outputs == 0, "its trees do not make whole rounds");
        var start = file["start"]!.AsArray().Select(value => value!.GetValue<double>()).ToArray();
        Must(start.Length == loss.Outputs && start.All(double.IsFinite), "its first scores are damaged");
        return new BoostedTrees(loss, start, [.. trees.Select(tree => ReadTree(tree!.AsObject(), bins))], bins, features);
    }

    private static JsonObject Write(Tree tree) => new()
    {
        ["feature"] = Numbers(tree.Branches.Select(branch => (double)branch.Feature)),
        ["cut"] = Numbers(tree.Branches.Select(branch => (double)branch.Cut)),
        ["missingLeft"] = Numbers(tree.Branches.Select(branch => branch.MissingLeft ? 1.0 : 0)),
        ["set"] = Numbers(tree.Branches.Select(branch => (double)branch.Categories)),
        ["left"] = Numbers(tree.Branches.Select(branch => (double)branch.Left)),
        ["right"] = Numbers(tree.Branches.Select(branch => (double)branch.Right)),
        ["gain"] = Numbers(tree.Branches.Select(branch => (double)branch.Gain)),
        ["rows"] = Numbers(tree.Branches.Select(branch => (double)branch.Rows)),
        ["leaves"] = Numbers(tree.Leaves.Select(leaf => (double)leaf)),
        ["leafRows"] = Numbers(tree.LeafRows.Select(rows => (double)rows)),
        ["sets"] = new JsonArray([.. tree.Sets.Select(set => (JsonNode)Numbers(Enumerable.Range(0, FeatureBins.Most).Where(set.Contains).Select(bin => (double)bin)))]),
    };

    private static Tree ReadTree(JsonObject tree, FeatureBins[] bins)
    {
        var (feature, cut, missing, set) = (Whole(tree, "feature"), Floats(tree, "cut"), Whole(tree, "missingLeft"), Whole(tree, "set"));
        var (left, right, gain, rows) = (Whole(tree, "left"), Whole(tree, "right"), Floats(tree, "gain"), Whole(tree, "rows"));
        var (leaves, leafRows) = (Floats(tree, "leaves"), Whole(tree, "leafRows"));
        var sets = tree["sets"]!.AsArray().Select(bits => bits!.AsArray().Aggregate(default(BinSet), (all, bit) => all.With(bit!.GetValue<int>() is >= 0 and < FeatureBins.Most and var bin ? bin : throw Damaged("a set names no bin", null)))).ToArray();
        int[] lengths = [cut.Length, missing.Length, set.Length, left.Length, right.Length, gain.Length, rows.Length];
        Must(lengths.All(length => length == feature.Length) && leaves.Length == feature.Length + 1 && leafRows.Length == leaves.Length, "a tree's lists differ in length");
        Must(leaves.All(float.IsFinite) && cut.All(float.IsFinite), "a tree holds a value that is no number");
        var branches = new Branch[feature.Length];
        var reached = new bool[feature.Length + leaves.Length];
        for (var at = 0; at < branches.Length; at++)
        {
            Must(feature[at] >= 0 && feature[at] < bins.Length, "a node asks for a column that is not there");
            Must(bins[feature[at]].IsCategorical ? set[at] >= 0 && set[at] < sets.Length : set[at] == -1, "a node asks for categories that are not there");
            foreach (var child in (int[])[left[at], right[at]])
            {
                // A child stands behind its parent and is reached once: so each walk ends.
                var place = child >= 0 ? child : branches.Length + ~child;
                Must(child >= 0 ? child > at && child < branches.Length : ~child < leaves.Length, "a node leads nowhere");
                Must(!reached[place], "a node is reached on two ways");
                reached[place] = true;
            }
            branches[at] = new Branch(feature[at], 0, cut[at], missing[at] == 1, set[at], left[at], right[at], gain[at], rows[at]);
        }
        return new Tree { Branches = branches, Leaves = leaves, LeafRows = leafRows, Sets = sets };
    }

    private static JsonObject CodesOf(FeatureBins bins) => new(bins.Codes.OrderBy(pair => pair.Key).Select(pair => KeyValuePair.Create(pair.Key.ToString(System.Globalization.CultureInfo.InvariantCulture), (JsonNode?)JsonValue.Create((int)pair.Value))));

    private static Dictionary<int, byte> ReadCodes(JsonObject codes)
    {
        var read = codes.ToDictionary(pair => int.Parse(pair.Key, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture), pair => checked((byte)pair.Value!.GetValue<int>()));
        Must(read.Count <= FeatureBins.Most - 2 && read.Values.Order().SequenceEqual(Enumerable.Range(0, read.Count).Select(bin => (byte)bin)), "its categories have no bins of their own");
        return read;
    }

    private static JsonArray Numbers(IEnumerable<double> values) => new([.. values.Select(value => JsonValue.Create(value))]);

    private static int[] Whole(JsonObject tree, string name) => [.. tree[name]!.AsArray().Select(value => value!.GetValue<double>() is var number && number == (int)number ? (int)number : throw Damaged($"'{name}' holds {number}", null))];

    private static float[] Floats(JsonObject tree, string name) => [.. tree[name]!.AsArray().Select(value => (float)value!.GetValue<double>())];

    private static void Must(bool holds, string what)
    {
        if (!holds)
            throw Damaged(what, null);
    }

    private static ProblemException Damaged(string what, Exception? cause) => new("urn:dure:learn:damaged-model", $"The file of the ensemble cannot be used: {what}", "model file", "Train the model again, or restore the file from a copy.", cause);
}
