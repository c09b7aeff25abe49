using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Historian.Sources;

/// <summary>Reads a source's settings object by the list its kind gives; what is missing, unknown or out of range is named.</summary>
public sealed class SettingReader
{
    private const int MaxTextLength = 256 * 1024;

    private readonly string kind;
    private readonly JsonObject settings;
    private readonly Dictionary<string, SourceSetting> known;

    /// <exception cref="ProblemException">The object holds a setting the kind does not know.</exception>
    public SettingReader(ISourceKind kind, JsonObject settings)
    {
        (this.kind, this.settings) = (kind.Name, settings);
        known = kind.Settings.ToDictionary(setting => setting.Name, StringComparer.Ordinal);
        foreach (var name in Names(settings))
        {
            if (!known.ContainsKey(name))
                throw Bad(name, "There is no such setting.", $"Use one of: {string.Join(", ", known.Keys)}.");
        }
    }

    /// <summary>The text of a setting, its default where it is left out, and "" where there is none.</summary>
    public string Text(string name)
    {
        var setting = known[name];
        var text = settings[name] switch
        {
            null => "",
            JsonArray lines => string.Join('\n', lines.Select(line => line is JsonValue value ? Plain(name, value) : throw Bad(name, "A line is not text.", setting.Help))),
            JsonValue value => Plain(name, value),
            _ => throw Bad(name, "An object stands where text is expected.", setting.Help),
        };
        if (text.Length > MaxTextLength)
            throw Bad(name, $"It has {text.Length:N0} characters; {MaxTextLength:N0} are allowed.", setting.Help);
        text = text.Trim();
        if (text.Length > 0)
            return text;
        return setting is { IsRequired: true, Default: null } ? throw Bad(name, "It is missing.", setting.Help) : setting.Default ?? "";
    }

    public double Number(string name, double least, double most)
    {
        var text = Text(name);
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw Bad(name, $"'{Shown(text)}' is not a number from {least} to {most}.", known[name].Help);
    }

    public int Whole(string name, int least, int most)
    {
        var number = Number(name, least, most);
        return number == Math.Floor(number) ? (int)number : throw Bad(name, $"{number} is not a whole number.", known[name].Help);
    }

    /// <summary>A span of time written in seconds.</summary>
    public TimeSpan Seconds(string name, double least, double most) => TimeSpan.FromSeconds(Number(name, least, most));

    public bool Flag(string name) => Text(name) switch
    {
        "true" => true,
        "false" or "" => false,
        var other => throw Bad(name, $"'{Shown(other)}' is neither true nor false.", known[name].Help),
    };

    /// <summary>The refusal of a setting, for checks that only its kind can make.</summary>
    public ProblemException Bad(string name, string what, string mend) => new("urn:dure:sources:bad-setting", what, $"source kind '{kind}', setting '{Shown(name)}'", mend);

    /// <summary>The names; a JSON object decodes them only now, and may find then that they are no text or stand there twice.</summary>
    private string[] Names(JsonObject of)
    {
        try
        {
            return [.. of.Select(pair => pair.Key)];
        }
        catch (Exception broken) when (broken is InvalidOperationException or ArgumentException)
        {
            throw Bad("(all)", $"The names cannot be read: {broken.Message}", "Send UTF-8, each setting once.");
        }
    }

    private string Plain(string name, JsonValue value)
    {
        try
        {
            return value.ToString();
        }
        catch (InvalidOperationException)
        {
            throw Bad(name, "It is not UTF-8 text.", known[name].Help);
        }
    }

    private static string Shown(string text) => text.Length <= 60 ? text : text[..60] + "…";
}
