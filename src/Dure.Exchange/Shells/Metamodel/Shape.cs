using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Reflection;

namespace Dure.Exchange.Shells;

internal enum MemberKind
{
    Text,
    Choice,
    Flag,
    Texts,
    Part,
    Parts,
}

/// <summary>One member of a class of the metamodel, as its attribute describes it.</summary>
internal sealed class Member
{
    private readonly PropertyInfo property;

    public Member(PropertyInfo property, MemberAttribute attribute)
    {
        this.property = property;
        Name = char.ToLowerInvariant(property.Name[0]) + property.Name[1..];
        (IsRequired, IsValue) = (attribute.IsRequired, attribute.IsValue);
        (Kind, Type) = attribute switch
        {
            TextAttribute => (MemberKind.Text, typeof(string)),
            ChoiceAttribute => (MemberKind.Choice, Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType),
            FlagAttribute => (MemberKind.Flag, typeof(bool)),
            TextsAttribute => (MemberKind.Texts, typeof(string)),
            PartAttribute => (MemberKind.Part, property.PropertyType),
            _ => (MemberKind.Parts, property.PropertyType.GetGenericArguments()[0]),
        };
        Text = attribute as TextAttribute;
        if (attribute is PartsAttribute parts)
            (ItemName, MaxText) = (parts.ItemName, parts.MaxText);
    }

    public string Name { get; }
    public MemberKind Kind { get; }

    /// <summary>The type of the value, or of each item of a list.</summary>
    public Type Type { get; }
    public bool IsRequired { get; }
    public bool IsValue { get; }
    public TextAttribute? Text { get; }
    public string ItemName { get; } = "";
    public int MaxText { get; } = int.MaxValue;

    public object? Get(object owner) => property.GetValue(owner);

    public void Set(object owner, object? value) => property.SetValue(owner, value);
}

/// <summary>A class of the metamodel as a list of members: what reading, writing and checking go by.</summary>
internal sealed class Shape
{
    private static readonly ConcurrentDictionary<Type, Shape> known = new();
    private static readonly FrozenDictionary<string, Type> byModelType = typeof(Shape).Assembly.GetTypes()
        .Select(type => (Type: type, Name: type.GetCustomAttribute<ModelTypeAttribute>()?.Name))
        .Where(pair => pair.Name is not null)
        .ToFrozenDictionary(pair => pair.Name!, pair => pair.Type, StringComparer.Ordinal); // the line above leaves out those without

    private readonly FrozenDictionary<string, Member> byName;

    private Shape(Type type)
    {
        Type = type;
        ModelType = type.GetCustomAttribute<ModelTypeAttribute>()?.Name;
        Members = [.. MembersOf(type)];
        byName = Members.ToFrozenDictionary(member => member.Name, StringComparer.Ordinal);
        IsChoice = ModelType is not null || type == typeof(SubmodelElement) || type == typeof(DataElement);
    }

    public Type Type { get; }

    /// <summary>Its name in <c>modelType</c>; null where nothing else may stand in its place.</summary>
    public string? ModelType { get; }

    /// <summary>Whether the text must say of which class it is.</summary>
    public bool IsChoice { get; }

    public IReadOnlyList<Member> Members { get; }

    /// <summary>The XML element of an object of this class, where its class decides it.</summary>
    public string XmlName => char.ToLowerInvariant(ModelType![0]) + ModelType[1..]; // asked only of those that have one

    public static Shape Of(Type type) => known.GetOrAdd(type, static type => new Shape(type));

    public static Shape Of<T>() => Of(typeof(T));

    /// <summary>The concrete class that a name stands for in a place that takes <paramref name="place"/>; null when there is none.</summary>
    public static Shape? Named(string modelType, Type place) =>
        byModelType.TryGetValue(modelType, out var type) && place.IsAssignableFrom(type) ? Of(type) : null;

    public Member? TryFind(string name) => byName.GetValueOrDefault(name);

    public object Make() => Activator.CreateInstance(Type)!; // classes of the metamodel have a constructor without parameters

    private static IEnumerable<Member> MembersOf(Type type)
    {
        var chain = new Stack<Type>();
        for (var at = type; at is not null && at != typeof(object); at = at.BaseType)
            chain.Push(at);
        foreach (var level in chain)
            foreach (var property in level.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly).OrderBy(property => property.MetadataToken))
                if (property.GetCustomAttribute<MemberAttribute>() is { } attribute)
                    yield return new Member(property, attribute);
    }
}
