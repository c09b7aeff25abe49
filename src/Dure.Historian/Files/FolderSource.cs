using Dure.Historian.Sources;
using Dure.Kernel;

namespace Dure.Historian.Files;

/// <summary>
/// Watches a folder. A CSV or Parquet file is taken when it has stayed as it is for some time, then moved to <c>taken/</c>, or to
/// <c>refused/</c> with a <c>.problem.txt</c> that says what is wrong; other files are left where they lie. Content of which everything was
/// taken is taken once, however often it comes and the node restarts.
/// </summary>
public sealed class FolderSource : ISource
{
    public const string Taken = "taken";
    public const string Refused = "refused";
    public const string ProblemSuffix = ".problem.txt";
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(15);
    private static readonly string[] Unfinished = [".tmp", ".part", ".partial", ".crdownload"];
    private static readonly string[] Readable = [".csv", ".parquet"];

    private readonly string folder;
    private readonly AssetId asset;
    private readonly TimeSpan period;
    private readonly TimeSpan settle;
    private readonly TimeProvider time;
    private readonly Backoff backoff;
    private readonly HashSet<string> announced = new(StringComparer.Ordinal);
    private Dictionary<string, Sight> sights = new(StringComparer.Ordinal);
    private TakenFiles? taken;
    private (SourceState, Problem?)? told;

    /// <param name="settle">How long a file must stay as it is before it is taken, by this clock: another computer's may be set wrong.</param>
    public FolderSource(string folder, AssetId asset, TimeSpan period, TimeSpan settle, TimeProvider time)
    {
        (this.folder, this.asset, this.period, this.settle, this.time) = (Path.GetFullPath(folder), asset, period, settle, time);
        backoff = new Backoff(period, period > LongestWait ? period : LongestWait, new Random(HashCode.Combine(folder, time.GetTimestamp())));
    }

    /// <summary>How a file was seen, and since when it has been so.</summary>
    private readonly record struct Sight(long Size, DateTime Changed, long Since);

    public async Task Run(ISourceDesk desk, CancellationToken cancel)
    {
        Tell(desk, SourceState.Starting, null);
        while (true)
        {
            Problem? problem = null;
            try
            {
                (problem, var leftAlone) = await Look(desk, cancel);
                Tell(desk, problem is null ? SourceState.Connected : SourceState.Retrying, problem ?? leftAlone);
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

    /// <summary>Takes the files that are whole, by name. Returns what keeps a file from being taken now, if anything does, and what is said of files that are not read here.</summary>
    private async Task<(Problem? Problem, Problem? LeftAlone)> Look(ISourceDesk desk, CancellationToken cancel)
    {
        var now = time.GetTimestamp();
        var found = new DirectoryInfo(folder).EnumerateFiles().Where(IsWhole).OrderBy(file => file.Name, StringComparer.Ordinal).ToLookup(file => Readable.Contains(file.Extension.ToLowerInvariant()));
        sights = found[true].ToDictionary(file => file.Name, file => Seen(file, now), StringComparer.Ordinal);
        Problem? refused = null;
        foreach (var file in found[true])
        {
            var sight = sights[file.Name];
            if (!desk.IsTrial && (sight.Since == now || time.GetElapsedTime(sight.Since, now) < settle))
                continue;
            var (isDone, problem) = await Take(file, sight, desk, cancel);
            if (!isDone)
                return (problem, null);
            refused ??= problem;
            sights.Remove(file.Name);
        }
        return (desk.IsTrial ? refused : null, LeftAlone([.. found[false]]));
    }

    private Sight Seen(FileInfo file, long now) =>
        sights.TryGetValue(file.Name, out var before) && IsAsSeen(file, before) ? before : new Sight(file.Length, file.LastWriteTimeUtc, now);

    private static bool IsAsSeen(FileInfo file, Sight sight) => file.Exists && file.Length == sight.Size && file.LastWriteTimeUtc == sight.Changed;

    private static bool IsWhole(FileInfo file) =>
        !file.Name.StartsWith('.') && !file.Name.EndsWith(ProblemSuffix, StringComparison.Ordinal)
        && !Unfinished.Contains(file.Extension.ToLowerInvariant()) && !file.Attributes.HasFlag(FileAttributes.ReparsePoint);

    private Problem? LeftAlone(FileInfo[] others) => others.Length == 0 ? null : new Problem("urn:dure:folder:left-alone",
        $"{others.Length:N0} file(s) are neither .csv nor .parquet, first '{others[0].Name}'; they are left where they lie.", folder, "Put tables of samples here as .csv or .parquet, and other files elsewhere.");

    /// <summary>Reads a file to its end and moves it; a trial only reads.</summary>
    /// <returns>Whether the next file's turn is now; else this one is tried again. The problem is the file's when it is done, else that of the desk.</returns>
    private async Task<(bool IsDone, Problem? Problem)> Take(FileInfo file, Sight sight, ISourceDesk desk, CancellationToken cancel)
    {
        var refusals = new FileRefusals();
        ContentHash? hash = null;
        Problem? refused;
        try
        {
            if (!desk.IsTrial)
            {
                taken ??= new TakenFiles(folder);
                await using var content = file.OpenRead();
                hash = await ContentHash.Of(content, cancel);
            }
            if (hash is { } known && taken!.Contains(known)) // it is there where there is a hash
            {
                Move(file, sight, Taken, $"This content was taken before ({known}); nothing of it was read again.\n");
                return (true, null);
            }
            if (await Deliver(file, desk, refusals, cancel) is { } notNow)
                return (false, notNow);
            refused = null;
        }
        catch (ProblemException broken)
        {
            refused = broken.Problem;
        }
#pragma warning disable CA1031 // whatever a file makes the readers throw, it must not keep the files behind it from being taken
        catch (Exception fault) when (fault is not (OperationCanceledException or IOException or UnauthorizedAccessException))
        {
            refused = new Problem("urn:dure:folder:fault", $"It cannot be read: {fault.Message}", $"{file.Name}, {fault.GetType().Name}", "Look whether the file is damaged, and report these words.");
        }
#pragma warning restore CA1031
        if (desk.IsTrial)
            return (true, refused);
        // Somebody still writes it: it is read again once it rests, and what was taken of it counts as sent twice.
        file.Refresh();
        if (!IsAsSeen(file, sight))
            return (true, null);
        // Only what was taken as a whole need not be read again: the cause of a refusal may be mended until the content comes again.
        if (refused is null && refusals.Count == 0)
            taken!.Add(hash!.Value, file.Name);
        Move(file, sight, refused is null ? Taken : Refused, refused is null ? refusals.Described() : Described(refused) + refusals.Described());
        return (true, null);
    }

    private async Task<Problem?> Deliver(FileInfo file, ISourceDesk desk, FileRefusals refusals, CancellationToken cancel)
    {
        var sender = $"folder {file.Name}";
        await using var csv = file.Extension.Equals(".csv", StringComparison.OrdinalIgnoreCase) ? file.OpenRead() : null;
        var batches = csv is not null ? CsvSamples.Read(csv, asset, sender, Announce, cancel) : ParquetSamples.Read(file.FullName, asset, sender, Announce, cancel);
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

    private void Move(FileInfo file, Sight sight, string where, string? note)
    {
        file.Refresh();
        if (!IsAsSeen(file, sight))
            return;
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
}
