using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Historian.Sources;

/// <summary>A source as it was added. Its secret settings are kept elsewhere.</summary>
/// <param name="Name">Lower-case letters, digits and <c>-</c>; part of the paths proposed for its items.</param>
/// <param name="Kind">The name of its <see cref="ISourceKind"/>.</param>
/// <param name="Settings">The settings that are no secrets. Shared: read it, do not change it.</param>
/// <param name="Rule">Which items are accepted without asking; null for none.</param>
public sealed record SourceDefinition(string Name, string Kind, JsonObject Settings, bool IsEnabled = true, AcceptRule? Rule = null);

/// <summary>Accepts items without asking a person, as far as their units are known for certain.</summary>
/// <param name="Items">What an item's name begins with; empty for all.</param>
/// <param name="Under">The path that is put before the rest of the item's name, such as <c>plant/hall1</c>; empty for none.</param>
public sealed record AcceptRule(string Items, string Under)
{
    public bool Covers(string item) => item.StartsWith(Items, StringComparison.Ordinal);
}

/// <summary>Which signal an item's samples are kept as.</summary>
/// <param name="Item">The source's own name of the value.</param>
/// <param name="Unit">The unit its values are in, after <paramref name="Scale"/> and <paramref name="Offset"/>.</param>
/// <param name="SourceUnit">The unit the source wrote when the item was accepted: while it writes the same, <paramref name="Unit"/> is what it means.</param>
public sealed record ItemMapping(string Item, SignalId Signal, Unit Unit, string? SourceUnit = null, double Scale = 1, double Offset = 0)
{
    public bool ChangesValues => Scale != 1 || Offset != 0;
}

/// <summary>A wish to keep an item as a signal.</summary>
/// <param name="Path">The signal's path; null for the one that is proposed.</param>
/// <param name="Unit">A UCUM code or a customary spelling; null for what the source says.</param>
/// <param name="Scale">What values are multiplied by; null leaves it as it is, which is 1 where the item was not accepted before.</param>
/// <param name="Offset">What is added then; null leaves it as it is, which is 0 where the item was not accepted before.</param>
/// <param name="SourceUnit">The unit the source wrote while it was tried, for items that the running source has not brought yet.</param>
public sealed record ItemAcceptance(string Item, string? Path = null, string? Unit = null, double? Scale = null, double? Offset = null, string? Description = null, string? SourceUnit = null);
