using Dure.Historian.Sources;
using Dure.Kernel;

namespace Dure.Historian.Files;

/// <summary>
/// Watches a folder. A file is taken when two looks see it with the same size and time, then moved to <c>taken/</c>, or to <c>refused/</c>
/// with a <c>.problem.txt</c> that says what is wrong. The same content is taken once, however often it comes and the node restarts.
/// </summary>
public sealed class FolderSource : ISource
{
    public const string Taken = "taken";
    public const string Refused = "refused";
    public const string ProblemSuffix = ".problem.txt";
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(15);
    private static readonly string[] Unfinished = [".tmp", ".part", ".partial", ".crdownload"];

    private readonly string folder;
    private readonly AssetId asset;
    private readonly TimeSpan period;
    private readonly TimeProvider time;
    private readonly Backoff backoff;
    private readonly HashSet<string> announced = new(StringComparer.Ordinal);
    private Dictionary<string, (long Size, DateTime Changed)> lastLook = new(StringComparer.Ordinal);
    private TakenFiles? taken;
    private (SourceState, Problem?)? told;

    public FolderSource(string folder, AssetId asset, TimeSpan period, TimeProvider time)
    {
        (this.folder, this.asset, this.period, this.time) = (Path.GetFullPath(folder), asset, period, time);
        backoff = new Backoff(period, period > LongestWait ? period : LongestWait, new Random(HashCode.Combine(folder, time.GetTimestamp())));
    }

    public async Task Run(ISourceDesk desk, CancellationToken cancel)
    {
        Tell(desk, SourceState.Starting, null);
        while (true)
        {
            Problem? problem = null;
            try
            {
                problem = await Look(desk, cancel);
                Tell(desk, problem is null ? SourceState.Connected : SourceState.Retrying, problem);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                taken = null; // it may be another folder when it comes back
                Tell(desk, SourceState.Retrying, new Problem("urn:dure:folder:no-access", failure.Message, folder,
                    "Create the folder, or give the node the right to read, write and move files in it; it looks again by itself."));
            }
            // A file that nobody takes now is read from its beginning at each try: not at every look.
            if (problem is null)
                backoff.Succeeded();
            await Task.Delay(problem is null ? period : backoff.Next(), time, cancel);
        }
    }

    /// <summary>Takes the files that are whole, by name. Returns what keeps a file from being taken now, if anything does.</summary>
    private async Task<Problem?> Look(ISourceDesk desk, CancellationToken cancel)
    {
        var seen = new Dictionary<string, (long, DateTime)>(StringComparer.Ordinal);
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles().Where(IsCandidate).OrderBy(file => file.Name, StringComparer.Ordinal).ToArray())
        {
            var state = (file.Length, file.LastWriteTimeUtc);
            seen[file.Name] = state;
            if (!lastLook.TryGetValue(file.Name, out var before) || before != state)
                continue;
            taken ??= new TakenFiles(folder);
            if (await Take(file, desk, cancel) is { } problem)
            {
                lastLook = seen;
                return problem;
            }
            seen.Remove(file.Name);
        }
        lastLook = seen;
        return null;
    }

    private static bool IsCandidate(FileInfo file) =>
        !file.Name.StartsWith('.') && !file.Name.EndsWith(ProblemSuffix, StringComparison.Ordinal)
        && !Unfinished.Contains(file.Extension.ToLowerInvariant()) && !file.Attributes.HasFlag(FileAttributes.ReparsePoint);

    /// <summary>Reads a file to its end and moves it. Returns a problem that is not the file's: it stays and is tried again.</summary>
    private async Task<Problem?> Take(FileInfo file, ISourceDesk desk, CancellationToken cancel)
    {
        ContentHash hash;
        await using (var content = file.OpenRead())
            hash = await ContentHash.Of(content, cancel);
        if (taken!.Contains(hash))
        {
            Move(file, Taken, $"This content was taken before ({hash}); nothing of it was read again.\n");
            return null;
        }
        var refusals = new Refusals();
        try
        {
            if (await Deliver(file, desk, refusals, cancel) is { } problem)
                return problem;
        }
        catch (ProblemException broken)
        {
            Move(file, Refused, Described(broken.Problem) + refusals.Described());
            return null;
        }
        taken.Add(hash, file.Name);
        Move(file, Taken, refusals.IsEmpty ? null : refusals.Described());
        return null;
    }

    private async Task<Problem?> Deliver(FileInfo file, ISourceDesk desk, Refusals refusals, CancellationToken cancel)
    {
        var sender = $"folder {file.Name}";
        await using var csv = file.Extension.Equals(".csv", StringComparison.OrdinalIgnoreCase) ? file.OpenRead() : null;
        var batches = file.Extension.ToLowerInvariant() switch
        {
            ".csv" => CsvSamples.Read(csv!, asset, sender, Announce, cancel),
            ".parquet" => ParquetSamples.Read(file.FullName, asset, sender, Announce, cancel),
            var other => throw new ProblemException("urn:dure:folder:unknown-file-type", $"'{other}' is not a kind of file that is read here.", file.Name, "Put .csv or .parquet files into the folder."),
        };
        await foreach (var batch in batches)
        {
            BatchReceipt receipt;
            try
            {
                receipt = await desk.Deliver(batch, cancel);
            }
            catch (ProblemException notNow)
            {
                return notNow.Problem;
            }
            refusals.Add(receipt);
        }
        return null;

        Task Announce(IReadOnlyList<(SignalId Id, string? Unit)> signals)
        {
            var items = signals.Where(signal => announced.Add(signal.Id.Path)).Select(signal => new SourceItem(signal.Id.Path, signal.Unit)).ToArray();
            if (items.Length > 0)
                desk.Announce(items);
            return Task.CompletedTask;
        }
    }

    private void Move(FileInfo file, string where, string? note)
    {
        var into = Directory.CreateDirectory(Path.Combine(folder, where)).FullName;
        var target = Path.Combine(into, file.Name);
        for (var copy = 2; File.Exists(target); copy++)
            target = Path.Combine(into, $"{Path.GetFileNameWithoutExtension(file.Name)} ({copy}){file.Extension}");
        if (note is not null)
            File.WriteAllText(target + ProblemSuffix, note);
        File.Move(file.FullName, target);
    }

    private static string Described(Problem problem) => $"what:  {problem.What}\nwhere: {problem.Where}\nmend:  {problem.Mend}\n";

    private void Tell(ISourceDesk desk, SourceState state, Problem? problem)
    {
        if (told == (state, problem))
            return;
        told = (state, problem);
        desk.Report(state, problem);
    }

    /// <summary>What of a file was not taken; only the first refusals are told in detail.</summary>
    private sealed class Refusals
    {
        private readonly List<RejectedSample> told = [];
        private long accepted;
        private long count;

        public bool IsEmpty => count == 0 && told.Count == 0;

        public void Add(BatchReceipt receipt)
        {
            accepted += receipt.Accepted + receipt.Duplicates;
            count += receipt.Rejected;
            told.AddRange(receipt.Rejections.Take(SampleBatch.MaxRejectionsTold - told.Count));
        }

        public string Described() => $"{accepted} samples were taken, {count} were not.\n"
            + string.Concat(told.Select(refusal => $"{refusal.Where}: {refusal.What} {refusal.Mend}\n"));
    }
}
