using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Dure.Evidence;
using Microsoft.Win32.SafeHandles;

namespace Dure.Exchange.Identity;

/// <summary>What became of a token's number.</summary>
public enum TokenUse
{
    First,
    Again,

    /// <summary>No room: nothing may be forgotten before its time, so nothing new is taken.</summary>
    Full,

    /// <summary>Made before a crash of the computer after which it is not known which tokens had been used.</summary>
    Unknowable,
}

/// <summary>
/// Remembers which tokens were used, until they expire, so that none works twice. Each is written to a file before it counts, without waiting
/// for the disk: that outlives the process, however it ends. Only a crash of the whole computer can lose the last of them; it shows in the
/// system's boot identifier, and then tokens that could have been used before it are refused for as long as they may live.
/// </summary>
public sealed class SeenTokens : IDisposable
{
    private const int RecordSize = 16;
    private const int MostTokens = 1_000_000;
    private const string Extension = ".seen";
    private const string BootFile = "boot";
    private const string Clean = "clean";
    private static readonly TimeSpan SlotLength = TimeSpan.FromMinutes(5);

    private readonly string folder;
    private readonly Lock guard = new();
    private readonly Dictionary<long, Slot> slots = [];
    private readonly int mostTokens;
    private int count;

    private SeenTokens(string folder, DateTimeOffset? doubtfulUntil, int mostTokens) =>
        (this.folder, DoubtfulUntil, this.mostTokens) = (folder, doubtfulUntil, mostTokens);

    /// <summary>Tokens made before this may have been used without a trace; null when all traces are there.</summary>
    public DateTimeOffset? DoubtfulUntil { get; }

    /// <summary>Reads what was used and is not expired yet.</summary>
    /// <param name="leeway">How far a partner's clock may be ahead.</param>
    public static SeenTokens Open(string folder, TimeSpan leeway, TimeProvider time, int mostTokens = MostTokens) => Open(folder, leeway, time, ThisBoot(), mostTokens);

    internal static SeenTokens Open(string folder, TimeSpan leeway, TimeProvider time, string? boot, int mostTokens = MostTokens)
    {
        Directory.CreateDirectory(folder);
        var bootFile = Path.Combine(folder, BootFile);
        var isFirst = !File.Exists(bootFile);
        var left = isFirst ? Clean : File.ReadAllText(bootFile);
        var now = time.GetUtcNow();
        var seen = new SeenTokens(folder, left == Clean || (boot is not null && left == boot) ? null : now + leeway, mostTokens);
        DurableFile.Write(bootFile, Encoding.UTF8.GetBytes(boot ?? "unknown"));
        foreach (var file in Directory.EnumerateFiles(folder, $"*{Extension}"))
            if (long.TryParse(Path.GetFileNameWithoutExtension(file), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                seen.Load(number, file, now);
        return seen;
    }

    /// <summary>Takes note of a token; only the first use answers <see cref="TokenUse.First"/>.</summary>
    public TokenUse Use(string issuer, string number, DateTimeOffset issuedAt, DateTimeOffset keepUntil, DateTimeOffset now)
    {
        if (DoubtfulUntil is { } doubtful && issuedAt <= doubtful)
            return TokenUse.Unknowable;
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{issuer}\n{number}"), digest);
        var mark = BinaryPrimitives.ReadUInt128BigEndian(digest);
        lock (guard)
        {
            Forget(now);
            foreach (var slot in slots.Values)
                if (slot.Marks.Contains(mark))
                    return TokenUse.Again;
            if (count >= mostTokens)
                return TokenUse.Full;
            var into = SlotOf(keepUntil.Ticks / SlotLength.Ticks);
            RandomAccess.Write(into.File, digest[..RecordSize], into.Records * RecordSize);
            into.Records++;
            into.Marks.Add(mark);
            count++;
            return TokenUse.First;
        }
    }

    /// <summary>Puts all traces on the disk, so that a later crash of the computer leaves no doubt.</summary>
    public void Dispose()
    {
        lock (guard)
        {
            foreach (var slot in slots.Values)
            {
                RandomAccess.FlushToDisk(slot.File);
                slot.File.Dispose();
            }
            slots.Clear();
            DurableFile.Write(Path.Combine(folder, BootFile), Encoding.UTF8.GetBytes(Clean));
        }
    }

    private void Load(long number, string file, DateTimeOffset now)
    {
        if ((number + 1) * SlotLength.Ticks <= now.Ticks)
        {
            File.Delete(file);
            return;
        }
        var bytes = File.ReadAllBytes(file);
        var slot = SlotOf(number);
        for (var at = 0; at + RecordSize <= bytes.Length; at += RecordSize) // a cut record was never acted on
            slot.Marks.Add(BinaryPrimitives.ReadUInt128BigEndian(bytes.AsSpan(at)));
        slot.Records = bytes.Length / RecordSize;
        count += slot.Marks.Count;
    }

    private Slot SlotOf(long number)
    {
        ref var slot = ref CollectionsMarshal.GetValueRefOrAddDefault(slots, number, out _);
        return slot ??= new Slot(File.OpenHandle(Path.Combine(folder, $"{number}{Extension}"), FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read));
    }

    private void Forget(DateTimeOffset now)
    {
        foreach (var (number, slot) in slots)
        {
            if ((number + 1) * SlotLength.Ticks > now.Ticks)
                continue;
            slot.File.Dispose();
            File.Delete(Path.Combine(folder, $"{number}{Extension}"));
            count -= slot.Marks.Count;
            slots.Remove(number);
        }
    }

    /// <summary>What is different after each start of the computer; null where the system does not tell.</summary>
    private static string? ThisBoot()
    {
        const string File = "/proc/sys/kernel/random/boot_id";
        return System.IO.File.Exists(File) ? System.IO.File.ReadAllText(File).Trim() : null;
    }

    private sealed record Slot(SafeFileHandle File)
    {
        public HashSet<UInt128> Marks { get; } = [];
        public long Records { get; set; }
    }
}
