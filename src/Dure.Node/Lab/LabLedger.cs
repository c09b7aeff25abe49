using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Kernel;
using Dure.Lab.Campaigns;
using Dure.Lab.Instruments;
using Dure.Lab.Safety;
using Dure.Node.Acting;
using Dure.Plan.Sharing;

namespace Dure.Node.Lab;

/// <summary>The laboratory's events in the journal. A step's command and the device's answer are what the gate recorded.</summary>
internal sealed class LabLedger(Journal journal) : ILabLedger, IBenchLedger, IMaterialLedger
{
    private const string Registered = "instrument-registered", Removed = "instrument-removed", SetAside = "instrument-set-aside", Returned = "instrument-returned", Stopped = "lab-stopped", Released = "lab-released", SharedKind = "lab-shared";
    private const string Counted = "material-counted", Used = "material-used", PutBack = "material-put-back", Separated = "materials-separated";
    private const string Everything = "laboratory";

    public async Task<LabEntry> Write(LabEvent happened, string actor, CancellationToken cancel)
    {
        var (kind, body) = LabEventText.Write(happened);
        var entry = await journal.Append(kind, happened.Campaign, body, actor, cancel);
        return new LabEntry(entry.Index, entry.Time, actor, happened);
    }

    IEnumerable<LabEntry> ILabLedger.Read() => journal.ReadKinds([.. LabEventText.Kinds, JournalLedger.DecidedKind, JournalLedger.ActedKind])
        .Select(entry => EventOf(entry) is { } happened ? new LabEntry(entry.Index, entry.Time, entry.Actor, happened) : null).OfType<LabEntry>();

    public async Task<BenchEntry> Write(BenchEvent happened, string actor, CancellationToken cancel)
    {
        var (kind, subject, body) = happened switch
        {
            BenchEvent.Registered it => (Registered, it.Instrument, new JsonObject { ["card"] = it.Card.DeepClone() }),
            BenchEvent.Removed it => (Removed, it.Instrument, Because(it.Why)),
            BenchEvent.SetAside it => (SetAside, it.Instrument, Because(it.Why)),
            BenchEvent.Returned it => (Returned, it.Instrument, Because(it.Why)),
            BenchEvent.Stopped it => (Stopped, Everything, Because(it.Why)),
            BenchEvent.Released it => (Released, Everything, Because(it.Why)),
            BenchEvent.Shared it => (SharedKind, Everything, new JsonObject { ["shares"] = new JsonArray([.. it.Shares.Select(share => new JsonObject { ["owner"] = share.Owner, ["weight"] = share.Weight, ["quotaHours"] = share.Quota?.TotalHours })]) }),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        var entry = await journal.Append(kind, subject, body, actor, cancel);
        return new BenchEntry(entry.Time, actor, happened);
    }

    IEnumerable<BenchEntry> IBenchLedger.Read() => journal.ReadKinds(Registered, Removed, SetAside, Returned, Stopped, Released, SharedKind).Select(entry => new BenchEntry(entry.Time, entry.Actor, entry.Kind switch
    {
        Registered => new BenchEvent.Registered(entry.Subject, entry.Body["card"]!.AsObject()),
        Removed => new BenchEvent.Removed(entry.Subject, Why(entry)),
        SetAside => new BenchEvent.SetAside(entry.Subject, Why(entry)),
        Returned => new BenchEvent.Returned(entry.Subject, Why(entry)),
        Stopped => new BenchEvent.Stopped(Why(entry)),
        SharedKind => new BenchEvent.Shared([.. entry.Body["shares"]!.AsArray().Select(share => new Share((string)share!["owner"]!, (int)(double)share["weight"]!, share["quotaHours"] is { } hours ? TimeSpan.FromHours((double)hours) : null))]),
        _ => new BenchEvent.Released(Why(entry)),
    }));

    public async Task Write(MaterialEvent happened, string actor, CancellationToken cancel)
    {
        var (kind, subject, body) = happened switch
        {
            MaterialEvent.Counted { Material: var it } => (Counted, it.Name, new JsonObject
            {
                ["unit"] = it.Unit, ["amount"] = it.Amount, ["least"] = it.Least, ["hazards"] = new JsonArray([.. it.Hazards.Select(hazard => JsonValue.Create(hazard))]), ["expires"] = it.Expires is { } expires ? Micros.Of(expires) : null,
            }),
            MaterialEvent.Used it => (Used, it.Key, new JsonObject { ["amounts"] = new JsonObject(it.Amounts.Select(amount => KeyValuePair.Create(amount.Key, (JsonNode?)JsonValue.Create(amount.Value)))) }),
            MaterialEvent.PutBack it => (PutBack, it.Key, []),
            MaterialEvent.Separated it => (Separated, Everything, new JsonObject { ["rules"] = new JsonArray([.. it.Rules.Select(rule => new JsonObject { ["one"] = rule.One, ["other"] = rule.Other, ["why"] = rule.Why })]) }),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        await journal.Append(kind, subject, body, actor, cancel);
    }

    public IEnumerable<MaterialEvent> ReadMaterials() => journal.ReadKinds(Counted, Used, PutBack, Separated).Select<JournalEntry, MaterialEvent>(entry => entry.Kind switch
    {
        Counted => new MaterialEvent.Counted(new Material(entry.Subject, (string)entry.Body["unit"]!, (double)entry.Body["amount"]!, (double)entry.Body["least"]!, [.. entry.Body["hazards"]!.AsArray().Select(hazard => (string)hazard!)],
            entry.Body["expires"] is { } expires ? Micros.Time(expires.GetValue<long>()) : null)),
        Used => new MaterialEvent.Used(entry.Subject, entry.Body["amounts"]!.AsObject().ToDictionary(amount => amount.Key, amount => (double)amount.Value!, StringComparer.Ordinal)),
        PutBack => new MaterialEvent.PutBack(entry.Subject),
        _ => new MaterialEvent.Separated([.. entry.Body["rules"]!.AsArray().Select(rule => new Incompatibility((string)rule!["one"]!, (string)rule["other"]!, (string)rule["why"]!))]),
    });

    /// <summary>The event that an entry is, or null: decisions about other machines are none.</summary>
    private static LabEvent? EventOf(JournalEntry entry)
    {
        if (entry.Kind is not (JournalLedger.DecidedKind or JournalLedger.ActedKind))
            return LabEventText.Read(entry.Kind, entry.Subject, entry.Body);
        if (InstrumentCard.NameIn(entry.Subject) is not { } instrument || !StepKey.TryParse((string?)entry.Body["key"], out var key))
            return null;
        if (entry.Kind == JournalLedger.DecidedKind)
            return (string?)entry.Body["decision"] == "allowed" ? new LabEvent.StepIntended(key.Campaign, key, instrument) : null;
        return new LabEvent.StepAnswered(key.Campaign, key, (string?)entry.Body["state"] == "begun", (string?)entry.Body["words"] ?? "");
    }

    private static JsonObject Because(string why) => new() { ["why"] = why };

    private static string Why(JournalEntry entry) => (string?)entry.Body["why"] ?? "";
}
