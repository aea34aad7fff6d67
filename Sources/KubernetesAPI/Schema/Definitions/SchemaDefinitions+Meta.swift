extension SchemaDefinitions {
    static let meta = """
        package io.k8s.apimachinery.pkg.apis.meta.v1
        type ObjectMeta: What every stored object has beside its own fields: its name, labels, owners and history.
          annotations {string}: Free data that tools keep with the object, by key. Not used to select objects.
          creationTimestamp Time: When the server stored the object first. Set by the server.
          deletionGracePeriodSeconds int64: Seconds that the object has to end by itself once it is deleted. Set by the server.
          deletionTimestamp Time: When the object was deleted; it goes once its finalizers are gone. Set by the server.
          finalizers [string] set merge: Who must still clean up before the object may go. Each removes its own entry.
          generateName string: A prefix from which the server makes a unique name when none is given.
          generation int64: Counts the changes of what is wanted (the spec). Set by the server.
          labels {string}: Keys and values by which objects are selected and grouped.
          managedFields [ManagedFieldsEntry]: Which client wrote which fields, for server-side apply.
          name string: The object's name, unique among its kind in its namespace. Cannot be changed.
          namespace string: The namespace in which the name is unique; empty for kinds that have none. Cannot be changed.
          ownerReferences [OwnerReference] map(uid) merge: The objects on which this one depends; it goes when all of them are gone.
          resourceVersion string: Names this version of the object; a write that carries an older one is refused. Opaque to clients.
          selfLink string: No longer set.
          uid string: Tells this object from others that had the same name before or after. Set by the server.
        type ManagedFieldsEntry: The fields that one client wrote in one way.
          apiVersion string: The version of the API that the field names belong to.
          fieldsType string: The form of fieldsV1; always FieldsV1.
          fieldsV1 any: The set of fields, as a tree of path elements.
          manager string: The client's name.
          operation string: Apply for server-side apply, Update for every other write.
          subresource string: The subresource through which the fields were written, such as status.
          time Time: When the set of fields last changed.
        type OwnerReference atomic: Names an object that owns this one.
          apiVersion! string: The owner's group and version.
          blockOwnerDeletion bool: Whether a foreground deletion of the owner waits for this object.
          controller bool: Whether the owner is the controller that manages this object.
          kind! string: The owner's kind.
          name! string: The owner's name.
          uid! string: The owner's uid.
        type ListMeta: What every list has beside its items.
          continue string: Where to go on reading when the list was cut by a limit; empty at its end.
          remainingItemCount int64: How many objects come after a cut list, when that is known.
          resourceVersion string: The version of the whole list; a watch may start from it.
          selfLink string: No longer set.
        type LabelSelector atomic: Chooses objects by their labels; all conditions must hold. Empty chooses everything.
          matchExpressions [LabelSelectorRequirement]: Conditions with an operator.
          matchLabels {string}: Labels that must have exactly these values.
        type LabelSelectorRequirement: One condition on a label.
          key! string: The label's key.
          operator! string: In, NotIn, Exists or DoesNotExist.
          values [string]: The values for In and NotIn; empty for the others.
        """
}
