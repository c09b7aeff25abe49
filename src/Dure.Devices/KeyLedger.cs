using System.Text;
using Dure.Kernel;

namespace Dure.Devices;

/// <summary>
/// Which keys were given to a device that cannot remember them, in a file that survives a crash: a key is claimed, on disk, before anything is sent.
/// One driver has it open at a time. A line is <c>key TAB action TAB execution</c>; a later line with the same key adds the execution's id. A last line that a
/// crash cut off is dropped: sending waits until the line is on disk, so nothing was sent for it.
/// </summary>
public sealed class KeyLedger : IDisposable
{
    /// <summary>Stands for the execution of a key that the device refused: it never ran and never will.</summary>
    public const string Refused = "!refused";

    private const int MaxExecutionLength = 256;
    private readonly Dictionary<string, Entry> claims = new(StringComparer.Ordinal);
    private readonly FileStream file;
    private readonly Lock door = new();

    private KeyLedger(FileStream file) => this.file = file;

    /// <summary>A key that was given, for which action, and what the device calls it (empty while it has not said).</summary>
    public readonly record struct Entry(string Action, string Execution);

    /// <exception cref="ProblemException">Another driver has it open, or it is not such a file.</exception>
    public static KeyLedger Open(string path)
    {
        FileStream? file = null;
        try
        {
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0); // what could not be written must not lie about in a buffer
            var ledger = new KeyLedger(file);
            ledger.Read(path);
            return ledger;
        }
        catch (ProblemException)
        {
            file?.Dispose();
            throw;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            file?.Dispose();
            throw new ProblemException("urn:dure:devices:ledger", $"The ledger of keys cannot be opened: {failure.Message}", path, "Let one driver use it at a time, and check the disk.", failure);
        }
    }

    public bool TryFind(string key, out Entry claim)
    {
        lock (door)
            return claims.TryGetValue(key, out claim);
    }

    /// <summary>Claims a key for good, on disk when it returns; null when that worked and the command may be sent, else what to answer instead.</summary>
    public StartAnswer? Claim(ActionRequest request)
    {
        lock (door)
        {
            if (claims.TryGetValue(request.Key, out var before))
                return AnswerAgain(request, before);
            try
            {
                Write(request.Key, request.Action, "");
            }
            catch (IOException failure)
            {
                return new StartAnswer.Refused(new Problem("urn:dure:devices:ledger", $"The key cannot be written down, so nothing was sent: {failure.Message}", $"key {request.Key}", "Make room on the disk."));
            }
            claims.Add(request.Key, new Entry(request.Action, ""));
            return null;
        }
    }

    /// <summary>Keeps what the device calls the execution.</summary>
    public void Name(string key, string execution)
    {
        if (execution.Length > MaxExecutionLength || execution.Any(char.IsControl))
            throw new LinkException("The device calls the execution by a name that is too long or has control characters.");
        lock (door)
        {
            var claim = claims[key] with { Execution = execution };
            Write(key, claim.Action, execution);
            claims[key] = claim;
        }
    }

    public void Dispose() => file.Dispose();

    private static StartAnswer AnswerAgain(ActionRequest request, Entry before) => before.Execution switch
    {
        _ when before.Action != request.Action => new StartAnswer.Refused(new Problem("urn:dure:devices:key-used", $"The key was given for the action '{before.Action}'.", $"key {request.Key}", "Give each action a key of its own.")),
        "" => new StartAnswer.Unknown("The key was sent before, and the device's answer never came."),
        Refused => new StartAnswer.Refused(new Problem("urn:dure:devices:refused-before", "The device refused this key before.", $"key {request.Key}", "Ask under a new key.")),
        var execution => new StartAnswer.Accepted(execution),
    };

    private void Write(string key, string action, string execution)
    {
        var end = file.Seek(0, SeekOrigin.End);
        try
        {
            file.Write(Encoding.UTF8.GetBytes($"{key}\t{action}\t{execution}\n"));
            file.Flush(flushToDisk: true);
        }
        catch (IOException)
        {
            file.SetLength(end); // half a line must not spoil the next
            throw;
        }
    }

    private void Read(string path)
    {
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        var end = Array.LastIndexOf(bytes, (byte)'\n') + 1;
        var number = 0;
        foreach (var line in Encoding.UTF8.GetString(bytes, 0, end).TrimStart('\uFEFF').Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            number++;
            var parts = line.Split('\t');
            if (parts.Length != 3 || !ActionRequest.IsKey(parts[0]))
                throw new ProblemException("urn:dure:devices:ledger", $"Line {number} is not key, action and execution.", path, "Restore the file from a backup; do not delete it: it keeps actions from running twice.");
            claims[parts[0]] = new Entry(parts[1], parts[2]);
        }
        if (end < bytes.Length)
            file.SetLength(end);
    }
}
