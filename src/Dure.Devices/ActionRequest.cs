using Dure.Kernel;

namespace Dure.Devices;

/// <summary>The wish to run an action once, under a key (1 to 64 of letters, digits, dot, dash, underscore) that was never used for anything else.</summary>
public sealed record ActionRequest(string Key, string Action, IReadOnlyDictionary<string, ActionValue> Parameters)
{
    public const int MaxKeyLength = 64;

    /// <summary>Why it must not be sent, or null: an unusable key, an unknown action, a parameter that is missing, unknown, not finite, in another unit or outside its range.</summary>
    public Problem? Objection(InstrumentDescription instrument)
    {
        if (!IsKey(Key))
            return Refusal("unusable-key", "The key is not 1 to 64 letters, digits, dots, dashes or underscores.", "key", "Give each action a key of its own.");
        if (instrument.Actions.FirstOrDefault(candidate => candidate.Name == Action) is not { } action)
            return Refusal("unknown-action", $"The instrument {instrument.Identity.Model} has no action '{Action}'.", "action", $"Choose one of: {string.Join(", ", instrument.Actions.Select(known => known.Name))}.");
        if (Parameters.Keys.FirstOrDefault(name => action.Parameters.All(parameter => parameter.Name != name)) is { } stranger)
            return Refusal("unknown-parameter", $"The action has no parameter '{stranger}'.", stranger, $"It takes: {string.Join(", ", action.Parameters.Select(parameter => parameter.Name))}.");
        foreach (var parameter in action.Parameters)
        {
            if (!Parameters.TryGetValue(parameter.Name, out var value))
                return Refusal("missing-parameter", $"The parameter '{parameter.Name}' is missing.", parameter.Name, "Give every parameter a value.");
            if (parameter.Objection(value) is { } objection)
                return Refusal("unusable-parameter", $"The parameter '{parameter.Name}' {objection}.", parameter.Name, "Give a value that the action's description allows.");
        }
        return null;
    }

    internal static bool IsKey(string key) => key.Length is > 0 and <= MaxKeyLength && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_') && key is not ("." or "..");

    private Problem Refusal(string name, string what, string where, string mend) => new($"urn:dure:devices:{name}", what, $"action {Action}, {where}", mend);
}
