using Dure.Kernel;

namespace Dure.Datasets;

/// <summary>Judges images before they are kept: what cannot be read, what stands there twice, whether there are enough good ones.</summary>
internal static class ImageChecks
{
    /// <summary>Good images that an inspection needs.</summary>
    private const int EnoughGood = 30;

    private const int MostNamed = 3;

    public static QualityReport Report(ImageRows images)
    {
        var all = images.Rows.Count + images.Broken.Count;
        var (same, torn) = Doubles(images.Rows);
        return new QualityReport([])
        {
            Columns =
            [.. new[]
            {
                Judge(ImageTable.Image, [.. Unreadable(images, all), .. Others(images)]),
                Judge(ImageTable.Label, [.. Labels(images.Rows), .. Torn(torn, all)]),
                Judge("width", [.. Sizes(images.Rows), .. Small(images.Rows, all)]),
                Judge("channels", [.. Colours(images.Rows)]),
                Judge(null, [.. Repeated(same, all)]),
            }.OrderBy(one => one.Score).ThenBy(one => one.Column, StringComparer.Ordinal)],
        };
    }

    /// <summary>Why an import would be refused; null when it would not be.</summary>
    public static Problem? Refusal(ImageRows images, TableSpec spec, string file)
    {
        if (images.Broken.Count > 0 && !spec.LeaveOutBroken)
            return new("urn:dure:datasets:broken-images", $"{images.Broken.Count:N0} of {images.Rows.Count + images.Broken.Count:N0} images cannot be read: {Named(images.Broken.Select(one => $"{RawTable.Shown(one.Column)}: {one.What}"), "; ")}",
                $"{file}, {images.Broken[0].Column}", "Save them as 8-bit PNG or baseline JPEG, or import with broken ones left out (--leave-out-broken): the report tells each.");
        return images.Rows.Count > 0 ? null : new("urn:dure:datasets:no-images", "There is no image in it.", file, "Give a folder or zip file with images as PNG or JPEG, in folders by label: good/, crack/, …");
    }

    private static ColumnQuality Judge(string? column, IReadOnlyList<QualityFinding> findings) =>
        new(column, TableSummary.Round(findings.Aggregate(1.0, (score, finding) => score * (1 - Math.Clamp(finding.Share, 0, 1)))), findings);

    private static IEnumerable<QualityFinding> Unreadable(ImageRows images, int all)
    {
        if (images.Broken.Count > 0)
            yield return Finding(QualityKinds.UnreadableImages, (double)images.Broken.Count / all, $"{images.Broken.Count} images cannot be read: {Named(images.Broken.Select(one => $"{RawTable.Shown(one.Column)} ({one.What.TrimEnd('.')})"), "; ")}.", ("images", images.Broken.Count));
    }

    private static IEnumerable<QualityFinding> Others(ImageRows images)
    {
        if (images.Others.Count > 0)
            yield return Finding(QualityKinds.OtherFiles, 0, $"{images.Others.Count} files are no images by their names and are left out: {Named(images.Others.Select(RawTable.Shown), ", ")}.", ("files", images.Others.Count));
    }

    private static IEnumerable<QualityFinding> Labels(IReadOnlyList<ImageRow> rows)
    {
        var labels = rows.CountBy(row => row.Label).ToDictionary(one => one.Key, one => one.Value, StringComparer.Ordinal);
        if (labels.Count == 1)
            yield return Finding(QualityKinds.OneLabel, 0, "All images have one label: they are taken as good ones, and nothing can prove that a model finds defects.", ("images", rows.Count));
        var good = labels.Count == 1 ? labels.Keys.First() : ImagePack.GoodOf(labels.Keys);
        if (rows.Count > 0 && good is null)
            yield return Finding(QualityKinds.NoGoodLabel, 0, $"No label says that it is the good one ({Named(labels.Keys.Order(StringComparer.Ordinal), ", ")}): name it when you train.", ("labels", labels.Count));
        else if (good is not null && labels[good] < EnoughGood)
            yield return Finding(QualityKinds.FewGood, 1 - (double)labels[good] / EnoughGood, $"There are {labels[good]} good images; {EnoughGood} are needed to learn an inspection.", ("images", labels[good]), ("needed", EnoughGood));
    }

    private static IEnumerable<QualityFinding> Sizes(IReadOnlyList<ImageRow> rows)
    {
        var sizes = rows.Select(row => (row.Width, row.Height)).Distinct().OrderBy(size => (long)size.Width * size.Height).ToList();
        if (sizes.Count > 1)
            yield return Finding(QualityKinds.ImageSizes, 0, $"The images have {sizes.Count} different sizes, from {sizes[0].Width} x {sizes[0].Height} to {sizes[^1].Width} x {sizes[^1].Height}: all are brought to one, and parts of another shape are stretched.",
                ("sizes", sizes.Count), ("leastWidth", sizes[0].Width), ("leastHeight", sizes[0].Height), ("mostWidth", sizes[^1].Width), ("mostHeight", sizes[^1].Height));
    }

    private static IEnumerable<QualityFinding> Small(IReadOnlyList<ImageRow> rows, int all)
    {
        var small = rows.Where(row => Math.Min(row.Width, row.Height) < ImagePack.LeastSide).Select(row => row.Name).ToList();
        if (small.Count > 0)
            yield return Finding(QualityKinds.SmallImages, (double)small.Count / all, $"{small.Count} images have fewer than {ImagePack.LeastSide} points across or down and show no surface: {Named(small.Select(RawTable.Shown), ", ")}. A training leaves them out.", ("images", small.Count), ("needed", ImagePack.LeastSide));
    }

    private static IEnumerable<QualityFinding> Colours(IReadOnlyList<ImageRow> rows)
    {
        if (rows.Count(row => row.Channels == 1) is > 0 and var grey && grey < rows.Count)
            yield return Finding(QualityKinds.MixedColours, 0, $"{grey} of {rows.Count} images are grey, the others in colour.", ("grey", grey), ("images", rows.Count));
    }

    private static IEnumerable<QualityFinding> Torn(IReadOnlyList<string> torn, int all)
    {
        if (torn.Count > 0)
            yield return Finding(QualityKinds.TwoLabels, (double)torn.Count / all, $"{torn.Count} images stand under two labels, byte by byte the same: {Named(torn.Select(RawTable.Shown), ", ")}. One of the labels is wrong; a training leaves them out.", ("images", torn.Count));
    }

    private static IEnumerable<QualityFinding> Repeated(IReadOnlyList<string> same, int all)
    {
        if (same.Count > 0)
            yield return Finding(QualityKinds.SameImages, (double)same.Count / all, $"{same.Count} images repeat another of their label, byte by byte: {Named(same.Select(RawTable.Shown), ", ")}. A training takes each once.", ("images", same.Count));
    }

    /// <summary>Copies under one label, and all images whose copies have another.</summary>
    private static (List<string> Same, List<string> Torn) Doubles(IReadOnlyList<ImageRow> rows)
    {
        var (same, torn) = (new List<string>(), new List<string>());
        foreach (var alike in rows.GroupBy(row => row.Hash).Where(group => group.Skip(1).Any()))
            if (alike.Select(row => row.Label).Distinct(StringComparer.Ordinal).Skip(1).Any())
                torn.AddRange(alike.Select(row => row.Name));
            else
                same.AddRange(alike.Skip(1).Select(row => row.Name));
        return (same, torn);
    }

    private static string Named(IEnumerable<string> names, string between)
    {
        var first = names.Take(MostNamed + 1).ToList();
        return string.Join(between, first.Take(MostNamed)) + (first.Count > MostNamed ? between + "…" : "");
    }

    private static QualityFinding Finding(string kind, double share, string words, params ReadOnlySpan<(string Name, double Value)> numbers)
    {
        var named = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var (name, value) in numbers)
            named[name] = value;
        return new QualityFinding(kind, share, words, named);
    }
}
