using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Dure.Evidence;
using Dure.Kernel;

namespace Dure.Edge.Fleet;

/// <summary>
/// The devices of a node: enrolled, given packages, heard. A fold of the journal's <c>device-enrolled</c>, <c>deployed</c>,
/// <c>report-received</c> and <c>alarm-raised</c> entries; the newest scores are held in memory for those who watch.
/// </summary>
public sealed class DeviceFleet
{
    public const string Enrolled = "device-enrolled";
    public const string Deployed = "deployed";
    public const string Reported = "report-received";
    public const string Raised = "alarm-raised";
    public const string Compared = "scores-compared";

    /// <summary>Scores kept per machine for the page.</summary>
    public const int ScoresKept = 600;

    private const int MaxDevices = 100_000;
    private const int MaxMachinesWatched = 10_000;
    private const int MaxAlarmsKept = 1000;
    private const int MaxWatchers = 200;
    private const int EventsWaiting = 2000;

    private readonly Journal journal;
    private readonly Lock guard = new();
    private readonly Dictionary<string, Held> devices = new(StringComparer.Ordinal);
    private readonly Dictionary<AssetId, Queue<ScoredRow>> scores = [];
    private readonly Dictionary<AssetId, RaisedAlarm> firstAlarms = [];
    private readonly Queue<RaisedAlarm> newestAlarms = new();
    private readonly List<Channel<FleetEvent>> watchers = [];
    private long alarmCount;

    private DeviceFleet(Journal journal) => this.journal = journal;

    /// <summary>Told of each alarm once its journal entry is durable.</summary>
    public event Action<RaisedAlarm>? AlarmRaised;

    public IReadOnlyList<Device> Devices
    {
        get
        {
            lock (guard)
                return [.. devices.Values.Select(held => held.Device).OrderBy(device => device.EnrolledAt)];
        }
    }

    public long AlarmCount => Interlocked.Read(ref alarmCount);

    /// <summary>The newest first.</summary>
    public IReadOnlyList<RaisedAlarm> RecentAlarms
    {
        get
        {
            lock (guard)
                return [.. newestAlarms.Reverse()];
        }
    }

    /// <summary>A device's state, the secret's hash beside it, and one report at a time.</summary>
    private sealed class Held(Device device, ContentHash secret)
    {
        public Device Device { get; set; } = device;
        public ContentHash Secret => secret;
        public SemaphoreSlim Reporting { get; } = new(1, 1);

        /// <summary>Alarms entered since the last report that was entered as a whole: a crash between the two must not enter them twice.</summary>
        public Dictionary<(AssetId Asset, DateTimeOffset From), RaisedAlarm> Unfinished { get; } = [];
    }

    public static DeviceFleet Open(Journal journal)
    {
        var fleet = new DeviceFleet(journal);
        foreach (var entry in journal.Read())
            fleet.Apply(entry);
        return fleet;
    }

    public Device? Find(string id)
    {
        lock (guard)
            return devices.GetValueOrDefault(id)?.Device;
    }

    /// <summary>Makes a device known.</summary>
    /// <returns>The device and its token, whose text is returned this once.</returns>
    public async Task<(Device Device, string Token)> Enrol(string name, string actor, CancellationToken cancel)
    {
        if (string.IsNullOrWhiteSpace(name) || name.Length > 100)
            throw new ProblemException("urn:dure:edge:bad-name", "A device needs a name of 1 to 100 characters.", "field 'name'", "Name it after its place, such as pump-house-2.");
        if (Devices.Count >= MaxDevices)
            throw new ProblemException("urn:dure:edge:too-many-devices", $"{MaxDevices:N0} devices are enrolled.", "fleet", "Use a second node for the rest.");
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        Apply(await journal.Append(Enrolled, id, new JsonObject { ["name"] = name, ["secretHash"] = HashOf(secret).ToString() }, actor, cancel));
        return (Find(id)!, $"device_{id}_{secret}");
    }

    /// <summary>The device that a token belongs to; null when it is malformed, unknown or wrong. Compared in constant time.</summary>
    public Device? Authenticate(string? token)
    {
        if (token is not { Length: < 200 } || token.Split('_', 3) is not ["device", var id, var secret])
            return null;
        lock (guard)
            return devices.TryGetValue(id, out var held) && CryptographicOperations.FixedTimeEquals(HashOf(secret).ToArray(), held.Secret.ToArray()) ? held.Device : null;
    }

    /// <summary>Records which package a device is to run.</summary>
    public async Task Deploy(string deviceId, ContentHash package, ContentHash model, EntryRef builtBy, string actor, CancellationToken cancel)
    {
        _ = HeldOf(deviceId);
        var body = Lineage.Of(builtBy).Into(new JsonObject { ["package"] = package.ToString(), ["model"] = model.ToString() });
        Apply(await journal.Append(Deployed, deviceId, body, actor, cancel));
    }

    /// <summary>
    /// Takes a report once: its alarms and then the report itself enter the journal. The host stores the scores before it calls this.
    /// </summary>
    /// <param name="stored">The entry under which the host stored the scores; the report rests on it.</param>
    public async Task<ReportReceipt> Report(string deviceId, DeviceReport report, EntryRef? stored, CancellationToken cancel)
    {
        ReportRules.Check(report);
        var held = HeldOf(deviceId);
        await held.Reporting.WaitAsync(cancel);
        try
        {
            var last = held.Device.LastSequence;
            if (report.Sequence <= last)
                return new ReportReceipt(last, WasKnown: true);
            if (report.Sequence != last + 1)
                throw new ProblemException("urn:dure:edge:report-gap-conflict", $"Report {report.Sequence} came after {last}.", $"device {deviceId}", $"Send report {last + 1} first.");
            var raised = new List<RaisedAlarm>();
            foreach (var alarm in report.Alarms)
                raised.Add(UnfinishedAlarm(held, alarm) ?? AlarmOf(await Enter(deviceId, alarm, stored)));
            var body = new JsonObject { ["sequence"] = report.Sequence, ["rows"] = report.Scores.Count, ["alarms"] = report.Alarms.Count };
            Apply(await journal.Append(Reported, deviceId, (stored is { } reference ? Lineage.Of(reference) : Lineage.None).Into(body), $"device {deviceId}", CancellationToken.None));
            Show(held, report, raised);
            return new ReportReceipt(report.Sequence, WasKnown: false);
        }
        finally
        {
            held.Reporting.Release();
        }
    }

    /// <summary>Records how a device's scores compare with the node's own.</summary>
    public async Task<JournalEntry> RecordComparison(string deviceId, ContentHash model, long rows, double maxDifference, IEnumerable<EntryRef> restsOn, string actor, CancellationToken cancel)
    {
        var body = Lineage.Of(restsOn).Into(new JsonObject { ["model"] = model.ToString(), ["rows"] = rows, ["maxDifference"] = maxDifference });
        return await journal.Append(Compared, deviceId, body, actor, cancel);
    }

    /// <summary>The journal entries that say what a device was given and did: deployment, reports, comparison.</summary>
    public IReadOnlyList<JournalEntry> EvidenceOf(string deviceId) =>
        [.. journal.ReadKinds(Deployed, Reported, Compared).Where(entry => entry.Subject == deviceId)];

    /// <summary>The first alarm of a machine, by the order of reports.</summary>
    public RaisedAlarm? FirstAlarmOf(AssetId asset)
    {
        lock (guard)
            return firstAlarms.GetValueOrDefault(asset);
    }

    /// <summary>The newest scores of a machine, oldest first; empty when none was reported since the node started.</summary>
    public IReadOnlyList<ScoredRow> RecentScores(AssetId asset)
    {
        lock (guard)
            return scores.TryGetValue(asset, out var rows) ? [.. rows] : [];
    }

    /// <summary>Machines with scores since the node started.</summary>
    public IReadOnlyList<AssetId> WatchedMachines
    {
        get
        {
            lock (guard)
                return [.. scores.Keys.Order()];
        }
    }

    /// <summary>Events from now on. A watcher that does not keep up loses the oldest and is told how many.</summary>
    public async IAsyncEnumerable<FleetEvent> Watch([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        var missed = 0L;
        var channel = Channel.CreateBounded<FleetEvent>(new BoundedChannelOptions(EventsWaiting) { FullMode = BoundedChannelFullMode.DropOldest },
            _ => Interlocked.Increment(ref missed));
        lock (guard)
        {
            if (watchers.Count >= MaxWatchers)
                throw new ProblemException("urn:dure:edge:too-many-watchers", $"{MaxWatchers} pages watch the devices already.", "devices", "Close some.");
            watchers.Add(channel);
        }
        try
        {
            await foreach (var happened in channel.Reader.ReadAllAsync(cancel))
            {
                if (Interlocked.Exchange(ref missed, 0) is var count and > 0)
                    yield return new FleetEvent.Missed(count);
                yield return happened;
            }
        }
        finally
        {
            lock (guard)
                watchers.Remove(channel);
        }
    }

    private RaisedAlarm? UnfinishedAlarm(Held held, AlarmOnset alarm)
    {
        lock (guard)
            return held.Unfinished.GetValueOrDefault((AssetId.Parse(alarm.Asset), Micros.Time(alarm.FromMicros)));
    }

    private async Task<JournalEntry> Enter(string deviceId, AlarmOnset alarm, EntryRef? stored)
    {
        var body = new JsonObject
        {
            ["device"] = deviceId,
            ["from"] = alarm.FromMicros,
            ["score"] = alarm.Score,
            ["contributions"] = new JsonArray([.. alarm.Contributions.Select(part => new JsonObject { ["signal"] = part.Signal, ["share"] = part.Share })]),
        };
        var entry = await journal.Append(Raised, alarm.Asset, (stored is { } reference ? Lineage.Of(reference) : Lineage.None).Into(body), $"device {deviceId}", CancellationToken.None);
        Apply(entry);
        return entry;
    }

    private void Show(Held held, DeviceReport report, IReadOnlyList<RaisedAlarm> raised)
    {
        Channel<FleetEvent>[] listeners;
        lock (guard)
        {
            held.Device = held.Device with { Health = report.Health ?? held.Device.Health };
            foreach (var row in report.Scores)
                Keep(row);
            listeners = [.. watchers];
        }
        foreach (var listener in listeners)
        {
            foreach (var row in report.Scores)
                listener.Writer.TryWrite(new FleetEvent.Scored(held.Device.Id, row));
            foreach (var alarm in raised)
                listener.Writer.TryWrite(new FleetEvent.Raised(alarm));
        }
        foreach (var alarm in raised)
            AlarmRaised?.Invoke(alarm);
    }

    private void Keep(ScoredRow row)
    {
        if (!AssetId.TryParse(row.Asset, out var asset, out _))
            return;
        if (!scores.TryGetValue(asset, out var rows))
        {
            if (scores.Count >= MaxMachinesWatched)
                return;
            scores[asset] = rows = new Queue<ScoredRow>(ScoresKept);
        }
        if (rows.Count == ScoresKept)
            rows.Dequeue();
        rows.Enqueue(row);
    }

    private void Apply(JournalEntry entry)
    {
        lock (guard)
        {
            switch (entry.Kind)
            {
                case Enrolled:
                    var device = new Device(entry.Subject, entry.Body["name"]!.GetValue<string>(), entry.Time, null, null, null, null, 0, 0, 0, null);
                    devices[entry.Subject] = new Held(device, ContentHash.Parse(entry.Body["secretHash"]!.GetValue<string>()));
                    break;
                case Deployed:
                    Change(entry, known => known with
                    {
                        Package = ContentHash.Parse(entry.Body["package"]!.GetValue<string>()),
                        Model = ContentHash.Parse(entry.Body["model"]!.GetValue<string>()),
                        DeployedAt = entry.Time,
                    });
                    break;
                case Reported:
                    devices.GetValueOrDefault(entry.Subject)?.Unfinished.Clear();
                    Change(entry, known => known with
                    {
                        LastSequence = entry.Body["sequence"]!.GetValue<long>(),
                        LastSeen = entry.Time,
                        Rows = known.Rows + entry.Body["rows"]!.GetValue<long>(),
                        Alarms = known.Alarms + entry.Body["alarms"]!.GetValue<long>(),
                    });
                    break;
                case Raised:
                    Remember(AlarmOf(entry));
                    break;
            }
        }
    }

    private void Change(JournalEntry entry, Func<Device, Device> change)
    {
        if (devices.TryGetValue(entry.Subject, out var held))
            held.Device = change(held.Device);
    }

    private void Remember(RaisedAlarm alarm)
    {
        alarmCount++;
        if (devices.TryGetValue(alarm.Device, out var held))
            held.Unfinished[(alarm.Asset, alarm.From)] = alarm;
        firstAlarms.TryAdd(alarm.Asset, alarm);
        newestAlarms.Enqueue(alarm);
        if (newestAlarms.Count > MaxAlarmsKept)
            newestAlarms.Dequeue();
    }

    private static RaisedAlarm AlarmOf(JournalEntry entry) => new(
        entry.Body["device"]!.GetValue<string>(), AssetId.Parse(entry.Subject), Micros.Time(entry.Body["from"]!.GetValue<long>()), entry.Body["score"]!.GetValue<double>(),
        [.. entry.Body["contributions"]!.AsArray().Select(part => new AlarmPart(part!["signal"]!.GetValue<string>(), part["share"]!.GetValue<double>()))], entry.Index, entry.Hash);

    private Held HeldOf(string deviceId)
    {
        lock (guard)
        {
            return devices.GetValueOrDefault(deviceId)
                ?? throw new ProblemException("urn:dure:edge:no-such-device", "There is no such device.", $"device {deviceId}", "List them with 'dure edge list'.");
        }
    }

    private static ContentHash HashOf(string secret) => ContentHash.Of(Encoding.UTF8.GetBytes(secret));
}
