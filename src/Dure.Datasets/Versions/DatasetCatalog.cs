using System.Globalization;
using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Historian;
using Dure.Kernel;
using Dure.Native;

namespace Dure.Datasets;

/// <summary>A form in which a version leaves the node.</summary>
public enum DatasetFormat
{
    Parquet,
    Csv,
}

/// <summary>
/// The dataset versions of a node: cut, imported, found, described, loaded, exported. Its state is a fold of the journal's
/// <c>dataset-versioned</c> entries; the content lies in the blob store.
/// </summary>
public sealed class DatasetCatalog : IDisposable
{
    public const string EntryKind = "dataset-versioned";
    private const string GatheredKind = "batches-gathered";

    /// <summary>An entry of the journal has room for some 10,000.</summary>
    private const int MostRefs = 5000;

    private const string ReceivedFrom = "receivedFrom";
    private const int MaxManifestBytes = 64 << 20;

    private readonly Journal journal;
    private readonly BlobStore blobs;
    private readonly ISeriesSource source;
    private readonly SemaphoreSlim cutting = new(1, 1);
    private volatile IReadOnlyList<DatasetVersion> versions;

    private DatasetCatalog(Journal journal, BlobStore blobs, ISeriesSource source)
    {
        (this.journal, this.blobs, this.source) = (journal, blobs, source);
        var found = new List<DatasetVersion>();
        foreach (var entry in journal.ReadKinds(EntryKind))
            found.Add(VersionOf(entry, found));
        versions = found;
    }

    public static DatasetCatalog Open(Journal journal, BlobStore blobs, PlantHistorian historian) => new(journal, blobs, new HistorianSource(historian));

    public static DatasetCatalog Open(Journal journal, BlobStore blobs, ISeriesSource source) => new(journal, blobs, source);

    /// <summary>All versions, oldest first.</summary>
    public IReadOnlyList<DatasetVersion> Versions => versions;

    public DatasetVersion? TryFind(ContentHash id) => versions.FirstOrDefault(version => version.Id == id);

    /// <summary>
    /// By id (whole or its first 6 or more digits), by <c>name</c> (the newest, this node's own before received ones: nobody else's data take the
    /// place of one's own) or by <c>name@number</c>; null when there is none.
    /// </summary>
    public DatasetVersion? TryFind(string text)
    {
        if (ContentHash.TryParse(text, out var id))
            return TryFind(id);
        if (text.Split('@') is [var name, var number] && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var wanted))
            return versions.FirstOrDefault(version => version.Name == name && version.Number == wanted);
        return versions.LastOrDefault(version => version.Name == text && version.Provider is null)
            ?? versions.LastOrDefault(version => version.Name == text)
            ?? (text.Length >= 6 && versions.Where(version => version.Id.Hex.StartsWith(text, StringComparison.Ordinal)).ToList() is [var only] ? only : null);
    }

    /// <summary>
    /// Cuts a version and journals it; durable on return. Cutting the same spec from the same data again gives the version
    /// that is there and writes nothing. One cut at a time; others wait.
    /// </summary>
    /// <param name="restsOn">What the version rests on besides the batches it is cut from, such as how signals of others came here.</param>
    public async Task<DatasetVersion> Cut(DatasetSpec spec, string actor, IProgress<DatasetProgress>? progress, CancellationToken cancel, IReadOnlyList<EntryRef>? restsOn = null)
    {
        spec.Check();
        await cutting.WaitAsync(cancel);
        try
        {
            var content = await new DatasetCut(spec, source, blobs).Run(progress, cancel);
            var manifest = CanonicalJson.Serialize(Croissant.Write(content));
            if (TryFind(ContentHash.Of(manifest)) is { } same)
                return same;
            var refs = await Gathered(spec.Name, [.. content.Batches.Select(batch => new EntryRef(batch.Entry, batch.EntryHash)), .. restsOn ?? []], actor, cancel);
            return await Keep(spec.Name, manifest, id => Body(id, manifest.Length, content, refs), actor, cancel);
        }
        finally
        {
            cutting.Release();
        }
    }

    /// <summary>What an import of a file would make of it; writes nothing.</summary>
    /// <param name="path">A CSV or Parquet file.</param>
    /// <param name="file">What the person who brings it calls it.</param>
    /// <exception cref="ProblemException">The file is no table, is too large, or a column that the spec names is not there.</exception>
    public static Task<TablePreview> Look(string path, string file, TableSpec spec, CancellationToken cancel) => TableImport.Look(path, file, spec, cancel);

    /// <summary>
    /// Makes a version of a CSV or Parquet file, keeps the file itself beside it, and journals both; durable on return. The same file and the same
    /// words give the version that is there and write nothing. One import or cut at a time; others wait.
    /// </summary>
    /// <exception cref="ProblemException">The spec or the file cannot be right; nothing is kept.</exception>
    public async Task<DatasetVersion> Import(TableSpec spec, string path, string file, string actor, CancellationToken cancel)
    {
        spec.Check();
        await cutting.WaitAsync(cancel);
        try
        {
            var content = await TableImport.Run(path, file, spec, blobs, cancel);
            var manifest = CanonicalJson.Serialize(TableManifest.Write(content));
            if (TryFind(ContentHash.Of(manifest)) is { } same)
                return same;
            return await Keep(spec.Name, manifest, id => Body(id, manifest.Length, content), actor, cancel);
        }
        finally
        {
            cutting.Release();
        }
    }

    private async Task<DatasetVersion> Keep(string name, byte[] manifest, Func<ContentHash, JsonObject> body, string actor, CancellationToken cancel)
    {
        var entry = await journal.Append(EntryKind, name, body(blobs.Put(manifest)), actor, cancel);
        var version = VersionOf(entry, versions);
        versions = [.. versions, version];
        return version;
    }

    /// <summary>Reads the manifest of a version that another organisation cut, and sees whether it is one of this file.</summary>
    /// <exception cref="ProblemException">It is no manifest of a version, its name cannot be one, or it describes another file.</exception>
    public static DatasetVersion CheckReceived(byte[] manifest, ContentHash content)
    {
        var version = Croissant.Read(CanonicalJson.Parse(manifest) as JsonObject ?? [], ContentHash.Of(manifest), 1, 0, default, default, "");
        DatasetSpec.CheckReceived(version);
        return version.Parquet == content ? version
            : throw new ProblemException("urn:dure:datasets:manifest-mismatch", $"The file's hash is {content.Short}, and its manifest names {version.Parquet.Short}.", "received dataset", "Ask the provider for both again.");
    }

    /// <summary>
    /// Takes in a version that another organisation cut: its manifest and its Parquet file, both named by their hashes, so the version has the same
    /// id here as there. Durable on return; a version that is here already is left as it is.
    /// </summary>
    /// <param name="parquet">The file, which is moved into the blob store; it may be gone when a former attempt moved it.</param>
    /// <param name="content">The file's hash, as it was computed when it came in.</param>
    /// <param name="manifest">The provider's manifest in canonical form.</param>
    /// <param name="provider">Who gave it.</param>
    /// <param name="origin">The entries that tell how it came.</param>
    /// <exception cref="ProblemException">The manifest is none of ours, or the file is not the one it names.</exception>
    public async Task<DatasetVersion> Receive(string parquet, ContentHash content, byte[] manifest, string provider, Lineage origin, string actor, CancellationToken cancel)
    {
        var id = ContentHash.Of(manifest);
        if (TryFind(id) is { } same)
            return same;
        var description = CheckReceived(manifest, content);
        await cutting.WaitAsync(cancel);
        try
        {
            if (!blobs.Has(content))
                blobs.Adopt(parquet, content);
            blobs.Put(manifest);
            var body = origin
                .With(new Artefact("manifest", $"{description.Name}.croissant.json", id, manifest.Length), new Artefact("parquet", $"{description.Name}.parquet", content, description.ParquetBytes))
                .Into(new JsonObject { ["id"] = id.ToString(), ["title"] = description.Title, ["rows"] = description.Rows, ["assets"] = description.Parts.Count, [ReceivedFrom] = provider });
            var version = VersionOf(await journal.Append(EntryKind, description.Name, body, actor, cancel), versions);
            versions = [.. versions, version];
            return version;
        }
        finally
        {
            cutting.Release();
        }
    }

    /// <summary>The Croissant manifest, checked against the version's id.</summary>
    public JsonObject Manifest(DatasetVersion version) => ReadManifest(version.Id);

    public DataCard Card(DatasetVersion version) => DataCard.From(Manifest(version));

    public QualityReport Quality(DatasetVersion version) => QualityJson.Read(Manifest(version)["dure:quality"]!); // every manifest of ours has it

    /// <summary>Path of the Parquet file.</summary>
    public string ParquetPath(DatasetVersion version) => blobs.PathOf(version.Parquet);

    /// <summary>The frames of all assets, in the version's order, from the Parquet file; holds one at a time.</summary>
    /// <exception cref="ProblemException">The version is a table: its rows are of no machines.</exception>
    public IAsyncEnumerable<Frame> LoadFrames(DatasetVersion version, CancellationToken cancel = default) => version.Table is null
        ? VersionReader.Frames(ParquetPath(version), version, cancel)
        : throw new ProblemException("urn:dure:datasets:no-machines", "It is a table that somebody brought, not series of machines; a detector of machines needs series.", $"dataset {version.Name}, version {version.Number}",
            "Train a model of the table's own columns, or name a dataset cut from series.");

    /// <summary>The version's rows in memory, column by column, whether it is a table or was cut from series.</summary>
    /// <exception cref="ProblemException">It has more values than <see cref="TableFacts.MaxValues"/>.</exception>
    public Task<DatasetTable> LoadTable(DatasetVersion version, CancellationToken cancel) => Task.Run(() => TableLoader.Load(ParquetPath(version), version, cancel), cancel);

    /// <summary>The images of a version whose rows are such, in the order of its rows.</summary>
    /// <exception cref="ProblemException">Its rows are no images, or their files did not come with it.</exception>
    public ImagePack OpenImages(DatasetVersion version) => ImagePack.OpenStored(ImagesPath(version), version.Name);

    /// <summary>Path of the zip file with the images.</summary>
    /// <inheritdoc cref="OpenImages"/>
    public string ImagesPath(DatasetVersion version)
    {
        var where = $"dataset {version.Name}, version {version.Number}";
        if (version is not { HasImages: true, Table.File: { } file })
            throw new ProblemException("urn:dure:datasets:no-images", "Its rows are no images.", where, "Import a folder or zip file with images, and name that version.");
        return blobs.Has(file.Hash) ? blobs.PathOf(file.Hash)
            : throw new ProblemException("urn:dure:datasets:no-images", "The list of the images is here, their files are not: an exchange hands over tables only.", where, "Ask the provider for the images and import them here.");
    }

    /// <summary>Writes the version's rows to a stream.</summary>
    public async Task Export(DatasetVersion version, DatasetFormat format, Stream destination, CancellationToken cancel)
    {
        if (format == DatasetFormat.Parquet)
        {
            await using var parquet = blobs.OpenRead(version.Parquet);
            await parquet.CopyToAsync(destination, cancel);
            return;
        }
        var folder = Directory.CreateTempSubdirectory("dure-export-");
        try
        {
            var csv = Path.Combine(folder.FullName, "data.csv");
            await Task.Run(() => WriteCsv(version, ParquetPath(version), csv, cancel), cancel);
            await using var file = File.OpenRead(csv);
            await file.CopyToAsync(destination, cancel);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    public void Dispose() => cutting.Dispose();

    private static void WriteCsv(DatasetVersion version, string parquet, string csv, CancellationToken cancel)
    {
        var times = version.Table is { } table ? table.Columns.Where(column => column.Type == TableColumnType.Time).Select(column => DuckDb.Identifier(column.Name)).ToList() : ["\"time\""];
        var written = times.Count == 0 ? "" : $" REPLACE ({string.Join(", ", times.Select(time => $"strftime({time}, '%Y-%m-%dT%H:%M:%S.%fZ') AS {time}"))})";
        using var db = DuckDb.Open(null, new DuckDbLimits());
        using var stop = cancel.Register(db.Interrupt);
        db.Execute($"COPY (SELECT *{written} FROM read_parquet({DuckDb.Quoted(parquet)})) TO {DuckDb.Quoted(csv)} (FORMAT csv, HEADER true)");
    }

    private static JsonObject Body(ContentHash id, int manifestBytes, Croissant.Content content, IReadOnlyList<EntryRef> refs) => Lineage
        .Of(refs)
        .With(new Artefact("manifest", $"{content.Spec.Name}.croissant.json", id, manifestBytes),
            new Artefact("parquet", $"{content.Spec.Name}.parquet", content.Parquet, content.ParquetBytes))
        .Into(new JsonObject
        {
            ["id"] = id.ToString(),
            ["title"] = content.Spec.Title,
            ["rows"] = content.Parts.Sum(part => part.Rows),
            ["assets"] = content.Parts.Count,
            ["heldOutRows"] = content.Parts.Sum(part => part.HeldOutRows),
        });

    private static JsonObject Body(ContentHash id, int manifestBytes, TableManifest.Content content) => Lineage.None
        .With(new Artefact("manifest", $"{content.Spec.Name}.croissant.json", id, manifestBytes),
            new Artefact("parquet", $"{content.Spec.Name}.parquet", content.Parquet, content.ParquetBytes),
            new Artefact("original", content.Table.File.Name, content.Table.File.Hash, content.Table.File.Bytes))
        .Into(new JsonObject
        {
            ["id"] = id.ToString(),
            ["title"] = content.Spec.Title,
            ["rows"] = content.Rows,
            ["columns"] = content.Table.Columns.Count,
            ["file"] = content.Table.File.Name,
        });

    /// <summary>As many entries as one can name: where there are more, entries of their own name them, a few thousand each.</summary>
    private async Task<IReadOnlyList<EntryRef>> Gathered(string name, IReadOnlyList<EntryRef> refs, string actor, CancellationToken cancel)
    {
        while (refs.Count > MostRefs)
        {
            var gathered = new List<EntryRef>();
            foreach (var some in refs.Chunk(MostRefs))
                gathered.Add(EntryRef.To(await journal.Append(GatheredKind, name, Lineage.Of(some).Into([]), actor, cancel)));
            refs = gathered;
        }
        return refs;
    }

    private DatasetVersion VersionOf(JournalEntry entry, IReadOnlyList<DatasetVersion> before)
    {
        var id = ContentHash.Parse((string?)entry.Body["id"] ?? "");
        var number = before.Count(version => version.Name == entry.Subject) + 1;
        return Croissant.Read(ReadManifest(id), id, number, entry.Index, entry.Hash, entry.Time, entry.Actor) with { Provider = (string?)entry.Body[ReceivedFrom] };
    }

    private JsonObject ReadManifest(ContentHash id) => (JsonObject)CanonicalJson.Parse(blobs.Read(id, MaxManifestBytes))!; // Read checks the hash, so it is what Cut wrote
}
