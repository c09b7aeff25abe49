using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using Dure.Historian.Modbus;
using Dure.Historian.Sources;
using Dure.Kernel;

namespace Dure.Historian.Forwarding;

/// <summary>What a gateway does with one value of a source.</summary>
/// <param name="Signal">The signal's path on the node; null takes the source's template.</param>
/// <param name="Unit">The unit, where the source does not say it.</param>
/// <param name="Thin">Makes the compression of the value's stream; null sends all samples.</param>
internal sealed record GatewayItem(string? Signal, string? Unit, Func<StreamCompression>? Thin);

/// <summary>One source of a gateway.</summary>
/// <param name="Template">The signal's path for values that no item names, with <c>{name}</c> for the value's own name; null leaves such values out.</param>
internal sealed record GatewaySource(string Name, ISourceKind Kind, JsonObject Settings, string? Template, IReadOnlyDictionary<string, GatewayItem> Items);

/// <summary>
/// A gateway's settings file:
/// <c>{"gateway":"gw1","sources":[{"name":"press2","kind":"modbus","settings":{…},"template":"plant/press2/{name}","items":{"Pressure":{"unit":"bar","deadband":0.1,"maxInterval":60}}}]}</c>.
/// </summary>
public sealed record GatewaySettings
{
    public const string NamePlace = "{name}";
    private const int MaxSources = 200;
    private const string UnitMend = "Write a UCUM code such as bar, Cel or m/s, there or as the 'unit' of the value in the source's items.";
    private const string Form = """Write {"gateway":"NAME","sources":[{"name":"…","kind":"modbus","settings":{…},"template":"plant/press2/{name}"}]}.""";
    private static readonly JsonDocumentOptions Strict = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, AllowDuplicateProperties = false, MaxDepth = 16 };
    private static readonly string[] Known = ["gateway", "register", "sources", "replayPerSecond", "liveShare", "maxSpoolBytes", "maxRequestBytes"];
    private static readonly string[] KnownOfSource = ["name", "kind", "settings", "template", "items"];
    private static readonly string[] KnownOfItem = ["signal", "unit", "deadband", "deadbandPercent", "low", "high", "swingingDoor", "maxInterval"];

    public required string Gateway { get; init; }

    internal IReadOnlyList<GatewaySource> Sources { get; init; } = [];

    /// <summary>Whether the node makes unknown signals known.</summary>
    public bool Register { get; init; } = true;

    /// <summary>How many samples a second are sent at most from what has waited long, so that a node that comes back is not flooded.</summary>
    public double ReplayPerSecond { get; init; } = 200_000;

    /// <summary>
    /// The share of requests that carry present samples while older ones still wait, 0 to 0.9. At 0 everything is sent in order; above it present
    /// and older samples are each in order, and views that show the present are not starved; a source that corrects its own old samples needs 0.
    /// </summary>
    public double LiveShare { get; init; }

    public long MaxSpoolBytes { get; init; } = new SpoolOptions().MaxBytes;

    public int MaxRequestBytes { get; init; } = 1 << 20;

    /// <summary>Reads settings.</summary>
    /// <param name="kinds">The kinds of source that can be run.</param>
    /// <exception cref="ProblemException">Something is missing or cannot be; it names the place.</exception>
    public static GatewaySettings Parse(ReadOnlySpan<byte> json, string file, IReadOnlyList<ISourceKind> kinds)
    {
        if (!Utf8.IsValid(json))
            throw Bad(file, "It is not UTF-8 text.", "Save the file as UTF-8.");
        try
        {
            var root = Object(JsonNode.Parse(json, documentOptions: Strict), file);
            OnlyKnown(root, Known, file);
            var sources = root["sources"] as JsonArray is { Count: > 0 and <= MaxSources } listed ? listed : throw Bad($"{file}, sources", $"There must be a list of 1 to {MaxSources} sources.", Form);
            var parsed = sources.Select((source, i) => Source(Object(source, $"{file}, sources[{i}]"), $"{file}, sources[{i}]", kinds)).ToArray();
            if (parsed.GroupBy(source => source.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
                throw Bad($"{file}, sources", $"Two sources are named '{twice.Key}'.", "Give each its own name.");
            return new GatewaySettings
            {
                Gateway = Name(root, "gateway", file),
                Sources = parsed,
                Register = root["register"]?.GetValue<bool>() ?? true,
                ReplayPerSecond = Number(root, "replayPerSecond", 1, 1e9, file) ?? 200_000,
                LiveShare = Number(root, "liveShare", 0, 0.9, file) ?? 0,
                MaxSpoolBytes = (long?)Number(root, "maxSpoolBytes", 1 << 16, 1e15, file) ?? new SpoolOptions().MaxBytes,
                MaxRequestBytes = (int?)Number(root, "maxRequestBytes", 1 << 10, 1 << 24, file) ?? 1 << 20,
            };
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new ProblemException("urn:dure:gateway:bad-settings", $"It is not settings of a gateway: {broken.Message}", file, Form, broken);
        }
    }

    private static GatewaySource Source(JsonObject source, string where, IReadOnlyList<ISourceKind> kinds)
    {
        OnlyKnown(source, KnownOfSource, where);
        var name = source["kind"]?.GetValue<string>();
        var kind = kinds.FirstOrDefault(kind => kind.Name == name) ?? throw Bad($"{where}, kind", $"'{Shown(name)}' is not a kind of source.", $"Use one of: {string.Join(", ", kinds.Select(kind => kind.Name))}.");
        var template = source["template"]?.GetValue<string>();
        if (template is not null && !SignalId.TryParse(template.Replace(NamePlace, "name", StringComparison.Ordinal), out _, out var why))
            throw Bad($"{where}, template", why, "Write it as plant/press2/{name}.");
        var items = new Dictionary<string, GatewayItem>(StringComparer.Ordinal);
        if (source["items"] is { } listed)
        {
            foreach (var (item, settings) in Object(listed, $"{where}, items"))
                items[item] = Item(Object(settings, $"{where}, items.{item}"), $"{where}, items.{item}");
        }
        var own = Object(source["settings"], $"{where}, settings");
        if (kind is ModbusKind && own["registers"] is not null)
            CheckUnits(RegisterLines.Parse(new SettingReader(kind, own).Text("registers")), items, $"{where}, settings.registers");
        return new GatewaySource(Name(source, "name", where), kind, own, template, items);
    }

    /// <summary>Beside a machine nobody is asked what a spelling means, and a unit the node does not know costs every sample.</summary>
    private static void CheckUnits(IReadOnlyList<ModbusRegister> registers, Dictionary<string, GatewayItem> items, string where)
    {
        foreach (var register in registers.Where(register => register.Unit is not null && items.GetValueOrDefault(register.Name)?.Unit is null))
        {
            if (!UnitSpelling.TryUnderstand(register.Unit, out var unit))
                throw Bad($"{where}, line {register.Line}", $"'{Shown(register.Unit)}' is not a unit that is known here.", UnitMend);
            if (!unit.IsCertain)
                throw Bad($"{where}, line {register.Line}", $"'{Shown(register.Unit)}' may mean '{unit.Unit.Code}' or something else.", UnitMend);
        }
    }

    private static GatewayItem Item(JsonObject item, string where)
    {
        OnlyKnown(item, KnownOfItem, where);
        var signal = item["signal"]?.GetValue<string>();
        if (signal is not null && !SignalId.TryParse(signal, out _, out var why))
            throw Bad($"{where}, signal", why, "Write it as site/area/machine/signal.");
        var unit = item["unit"]?.GetValue<string>();
        if (unit is not null && !Unit.TryParse(unit, out _, out var fault))
            unit = UnitSpelling.TryUnderstand(unit, out var said) && said.IsCertain ? said.Unit.Code : throw Bad($"{where}, unit", fault, "Use a UCUM code such as bar, Cel or m/s.");
        return new GatewayItem(signal, unit, Thin(item, where));
    }

    private static Func<StreamCompression>? Thin(JsonObject item, string where)
    {
        TimeSpan? maxInterval = Number(item, "maxInterval", 0.001, 1e7, where) is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
        var (deadband, percent, door) = (Number(item, "deadband", 0, double.MaxValue, where), Number(item, "deadbandPercent", 0, 100, where), Number(item, "swingingDoor", 0, double.MaxValue, where));
        if (new[] { deadband, percent, door }.Count(each => each is not null) > 1)
            throw Bad(where, "More than one compression is asked for.", "Choose one of deadband, deadbandPercent and swingingDoor.");
        if (percent is { } share)
        {
            // OPC UA Part 8: a percentage of the engineering range.
            if (Number(item, "low", double.MinValue, double.MaxValue, where) is not { } low || Number(item, "high", double.MinValue, double.MaxValue, where) is not { } high || high <= low)
                throw Bad(where, "A deadband in percent needs the engineering range.", "Add low and high, low below high.");
            deadband = share / 100 * (high - low);
        }
        return deadband is { } distance ? () => new Deadband(distance, maxInterval)
            : door is { } tolerance ? () => new SwingingDoor(tolerance, maxInterval)
            : maxInterval is null ? null : throw Bad($"{where}, maxInterval", "There is no compression that it would bound.", "Add deadband, deadbandPercent or swingingDoor, or leave it out.");
    }

    private static string Name(JsonObject of, string key, string where) => of[key]?.GetValue<string>() is { Length: > 0 and <= 80 } name && AssetId.TryParse(name, out _, out _) && !name.Contains('/', StringComparison.Ordinal)
        ? name : throw Bad($"{where}, {key}", "It must be a name of 1 to 80 letters, digits, space, '_', '-' or '.'.", Form);

    private static double? Number(JsonObject of, string key, double least, double most, string where) => of[key] is not { } node ? null
        : node.GetValue<double>() is var number && number >= least && number <= most ? number : throw Bad($"{where}, {key}", $"{number} is not from {least} to {most}.", "Choose a number in between.");

    private static JsonObject Object(JsonNode? node, string where) => node as JsonObject ?? throw Bad(where, "An object must stand here.", Form);

    private static void OnlyKnown(JsonObject of, string[] known, string where)
    {
        foreach (var (key, _) in of)
        {
            if (!known.Contains(key))
                throw Bad(where, $"'{Shown(key)}' is not known here.", $"Use: {string.Join(", ", known)}.");
        }
    }

    private static string Shown(string? text) => text is null ? "" : text.Length <= 60 ? text : text[..60] + "…";

    private static ProblemException Bad(string where, string what, string mend) => new("urn:dure:gateway:bad-settings", what, where, mend);
}
