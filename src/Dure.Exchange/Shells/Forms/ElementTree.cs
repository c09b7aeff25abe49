using System.Globalization;
using Dure.Kernel;

namespace Dure.Exchange.Shells;

/// <summary>Elements below elements: finding, adding, replacing, removing and naming them.</summary>
public static class ElementTree
{
    /// <summary>Where an element stands.</summary>
    /// <param name="Parent">The submodel or element that holds it.</param>
    /// <param name="Index">Its place there.</param>
    public sealed record Spot(object Parent, int Index, SubmodelElement Element);

    /// <summary>The elements directly below; null when there are none or the kind has none.</summary>
    public static IReadOnlyList<SubmodelElement>? Below(object parent) => parent switch
    {
        Submodel submodel => submodel.SubmodelElements,
        SubmodelElementCollection collection => collection.Value,
        SubmodelElementList list => list.Value,
        Entity entity => entity.Statements,
        AnnotatedRelationshipElement relation => relation.Annotations,
        _ => null,
    };

    public static Spot? TryFind(Submodel submodel, ElementPath path)
    {
        Spot? spot = null;
        foreach (var step in path.Steps)
            if ((spot = Step(spot is null ? submodel : spot.Element, step)) is null)
                return null;
        return spot;
    }

    /// <exception cref="ProblemException">There is no such element.</exception>
    public static Spot Find(Submodel submodel, ElementPath path) => TryFind(submodel, path)
        ?? throw ShellProblem.NotFound($"There is no element '{path}'.", $"submodel {submodel.Id}");

    /// <summary>Adds an element at the end.</summary>
    /// <exception cref="ProblemException">The parent holds no elements, or has one of this name.</exception>
    public static void Add(object parent, SubmodelElement element)
    {
        var below = Below(parent) ?? [];
        if (parent is not SubmodelElementList && below.Any(other => other.IdShort == element.IdShort))
            throw new ProblemException("urn:dure:exchange:shell-conflict", $"There is an element '{element.IdShort}' already.", "idShort", "Choose another name, or replace the element with PUT.");
        Put(parent, [.. below, element]);
    }

    public static void Replace(Spot spot, SubmodelElement element) => Put(spot.Parent, [.. Below(spot.Parent)!.Select((old, at) => at == spot.Index ? element : old)]); // a spot's parent has elements

    public static void Remove(Spot spot) => Put(spot.Parent, [.. Below(spot.Parent)!.Where((_, at) => at != spot.Index)]); // a spot's parent has elements

    /// <summary>A model reference from the submodel down to the element.</summary>
    public static Reference ReferenceTo(Submodel submodel, ElementPath? path)
    {
        var keys = new List<Key> { new() { Type = KeyKind.Submodel, Value = submodel.Id } };
        object at = submodel;
        foreach (var step in path?.Steps ?? [])
        {
            var spot = Step(at, step) ?? throw ShellProblem.NotFound($"There is no element '{path}'.", $"submodel {submodel.Id}");
            keys.Add(new() { Type = Enum.Parse<KeyKind>(Shape.Of(spot.Element.GetType()).ModelType!), Value = step.Trim('[', ']') }); // elements have a model type, which is a key's kind
            at = spot.Element;
        }
        return new() { Type = ReferenceKind.ModelReference, Keys = keys };
    }

    /// <summary>The paths of all elements below, in order; only those of <paramref name="levels"/> levels.</summary>
    public static IEnumerable<string> PathsBelow(object parent, string prefix, int levels)
    {
        if (levels <= 0 || Below(parent) is not { } below)
            yield break;
        for (var i = 0; i < below.Count; i++)
        {
            var step = parent is SubmodelElementList ? $"[{i.ToString(CultureInfo.InvariantCulture)}]" : below[i].IdShort!; // only elements of a list have no name
            var path = prefix.Length == 0 || step[0] == '[' ? prefix + step : $"{prefix}.{step}";
            yield return path;
            foreach (var deeper in PathsBelow(below[i], path, levels - 1))
                yield return deeper;
        }
    }

    private static Spot? Step(object parent, string step)
    {
        if (Below(parent) is not { } below)
            return null;
        var isPlace = step[0] == '[';
        if (isPlace != parent is SubmodelElementList)
            return null;
        for (var i = 0; i < below.Count; i++)
            if (isPlace ? step.AsSpan(1, step.Length - 2).SequenceEqual(i.ToString(CultureInfo.InvariantCulture)) : below[i].IdShort == step)
                return new Spot(parent, i, below[i]);
        return null;
    }

    private static void Put(object parent, IReadOnlyList<SubmodelElement> elements)
    {
        var list = elements.Count == 0 ? null : elements;
        switch (parent)
        {
            case Submodel submodel:
                submodel.SubmodelElements = list;
                break;
            case SubmodelElementCollection collection:
                collection.Value = list;
                break;
            case SubmodelElementList places:
                places.Value = list;
                break;
            case Entity entity:
                entity.Statements = list;
                break;
            case AnnotatedRelationshipElement relation:
                relation.Annotations = list?.All(element => element is DataElement) != false ? list?.Cast<DataElement>().ToArray() : throw NoPlace(parent);
                break;
            default:
                throw NoPlace(parent);
        }
    }

    private static ProblemException NoPlace(object parent) => new("urn:dure:exchange:no-place-for-element",
        $"A {Shape.Of(parent.GetType()).ModelType} cannot hold this element.", "idShortPath", "Add it to a submodel, a collection, a list or an entity.");
}
