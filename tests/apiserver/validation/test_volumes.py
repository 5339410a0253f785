"""Section V of the rules: volumes of all kinds."""

from __future__ import annotations

import pytest

from tests.apiserver.validation.objects import POD, Found, Tree, causes, changed, of_spec, of_volume

INVALID, REQUIRED, FORBIDDEN, UNSUPPORTED = "Invalid", "Required", "Forbidden", "NotSupported"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({}, []),
        ({"emptyDir": {"sizeLimit": "0"}}, []),
        ({"emptyDir": {"sizeLimit": "-1"}}, [("emptyDir.sizeLimit", FORBIDDEN)]),
        ({"hostPath": {"path": "rel/..b"}}, []),
        ({"hostPath": {"type": "X"}}, [("hostPath.path", REQUIRED)]),
        ({"hostPath": {"path": "/a/..", "type": "X"}}, [("hostPath.path", INVALID), ("hostPath.type", UNSUPPORTED)]),
        ({"gitRepo": {"directory": "/a"}}, [("gitRepo.repository", REQUIRED), ("gitRepo.directory", INVALID)]),
        (
            {"gcePersistentDisk": {"partition": 256}},
            [("persistentDisk.pdName", REQUIRED), ("persistentDisk.partition", INVALID)],
        ),
        ({"awsElasticBlockStore": {"volumeID": "x", "partition": -1}}, [("awsElasticBlockStore.partition", INVALID)]),
        ({"nfs": {"path": "a"}}, [("nfs.server", REQUIRED), ("nfs.path", INVALID)]),
        ({"nfs": {}}, [("nfs.server", REQUIRED), ("nfs.path", REQUIRED), ("nfs.path", INVALID)]),
        ({"glusterfs": {}}, [("glusterfs.endpoints", REQUIRED), ("glusterfs.path", REQUIRED)]),
        ({"flocker": {}}, [("flocker", REQUIRED)]),
        (
            {"flocker": {"datasetName": "a/b", "datasetUUID": "x"}},
            [("flocker", INVALID), ("flocker.datasetName", INVALID)],
        ),
        ({"persistentVolumeClaim": {"claimName": "any thing"}}, []),
        ({"persistentVolumeClaim": {}}, [("persistentVolumeClaim.claimName", REQUIRED)]),
        ({"rbd": {}}, [("rbd.monitors", REQUIRED), ("rbd.image", REQUIRED)]),
        ({"cinder": {"secretRef": {}}}, [("cinder.volumeID", REQUIRED), ("cinder.secretRef.name", REQUIRED)]),
        ({"cephfs": {}}, [("cephfs.monitors", REQUIRED)]),
        ({"quobyte": {"registry": "a:1,[::1]:2", "volume": "v"}}, []),
        ({"quobyte": {"registry": "a:1,b,c:d:e", "volume": "v"}}, [("quobyte.registry", INVALID)] * 2),
        (
            {"quobyte": {"registry": "a:1", "tenant": "x" * 65}},
            [("quobyte.tenant", REQUIRED), ("quobyte.volume", REQUIRED)],
        ),
        ({"quobyte": {}}, [("quobyte.registry", REQUIRED), ("quobyte.volume", REQUIRED)]),
        ({"fc": {}}, [("fc.targetWWNs", REQUIRED)]),
        ({"fc": {"targetWWNs": ["x"], "wwids": ["y"]}}, [("fc.targetWWNs", INVALID), ("fc.lun", REQUIRED)]),
        ({"fc": {"targetWWNs": ["x"], "lun": 256}}, [("fc.lun", INVALID)]),
        ({"fc": {"wwids": ["y"]}}, []),
        (
            {"flexVolume": {"options": {"A.k8s.io/x": ""}}},
            [("flexVolume.driver", REQUIRED), ("flexVolume.options[A.k8s.io/x]", INVALID)],
        ),
        ({"azureFile": {}}, [("azureFile.secretName", REQUIRED), ("azureFile.shareName", REQUIRED)]),
        ({"vsphereVolume": {}}, [("vsphereVolume.volumePath", REQUIRED)]),
        ({"photonPersistentDisk": {}}, [("photonPersistentDisk.pdID", REQUIRED)]),
        ({"portworxVolume": {}}, [("portworxVolume.volumeID", REQUIRED)]),
        ({"azureDisk": {"diskName": "d", "diskURI": "https://x"}}, []),
        (
            {"azureDisk": {"diskName": "d", "diskURI": "https://x", "kind": "Managed"}},
            [("azureDisk.diskURI", UNSUPPORTED)],
        ),
        (
            {"azureDisk": {"diskName": "d", "diskURI": "https://x", "cachingMode": "none", "kind": "x"}},
            [("azureDisk.cachingMode", UNSUPPORTED), ("azureDisk.kind", UNSUPPORTED)],
        ),
        (
            {"storageos": {"volumeNamespace": "A"}},
            [("storageos.volumeName", REQUIRED), ("storageos.volumeNamespace", INVALID)],
        ),
        ({"scaleIO": {}}, [(f"scaleIO.{field}", REQUIRED) for field in ("gateway", "system", "volumeName")]),
        ({"csi": {"driver": "A.example.com"}}, []),
        (
            {"csi": {"driver": "a" * 64, "nodePublishSecretRef": {"name": "A"}}},
            [("csi.driver", "TooLong"), ("csi.name", INVALID)],
        ),
        (
            {"csi": {"driver": "a_b", "nodePublishSecretRef": {}}},
            [("csi.driver", INVALID), ("csi.nodePublishSecretRef.name", REQUIRED)],
        ),
        ({"image": {}}, []),
        ({"image": {"pullPolicy": "x"}}, [("image.pullPolicy", UNSUPPORTED)]),
        ({"secret": {}, "configMap": {"name": "x"}}, [("secret.secretName", REQUIRED), ("configMap", FORBIDDEN)]),
        ({"secret": {"secretName": "s", "defaultMode": 0o1000}}, [("secret.defaultMode", INVALID)]),
        (
            {"configMap": {"name": "c", "items": [{"path": "..x", "mode": -1}]}},
            [
                ("configMap.items[0].key", REQUIRED),
                ("configMap.items[0].path", INVALID),
                ("configMap.items[0].mode", INVALID),
            ],
        ),
        ({"downwardAPI": {"items": [{"path": "a"}]}}, [("downwardAPI", REQUIRED)]),
        (
            {"downwardAPI": {"items": [{"path": "", "fieldRef": {"fieldPath": "metadata.uid"}}]}},
            [("downwardAPI.path", REQUIRED)],
        ),
        (
            {"downwardAPI": {"items": [{"path": "a", "resourceFieldRef": {"resource": "limits.cpu"}}]}},
            [("downwardAPI.resourceFieldRef.containerName", REQUIRED)],
        ),
        ({"cephfs": {"monitors": ["m"]}, "downwardAPI": {}}, [("downwarAPI", FORBIDDEN)]),
        ({"gitRepo": {"repository": "r"}, "cephfs": {}}, [("cephFS", FORBIDDEN)]),
    ],
)
def test_sources(source: Tree, expected: Found) -> None:
    assert of_volume(source) == expected


IQN = "iqn.2001-04.com.example:storage"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"iqn": "eui.0123456789abcdef"}, []),
        ({"iqn": "naa." + "0" * 32, "lun": 255}, []),
        ({"iqn": "x"}, [("iscsi.iqn", INVALID)]),
        ({"iqn": "iqn.x"}, [("iscsi.iqn", INVALID)]),
        (
            {"iqn": "", "targetPortal": "", "lun": 256},
            [("iscsi.targetPortal", REQUIRED), ("iscsi.iqn", REQUIRED), ("iscsi.lun", INVALID)],
        ),
        ({"chapAuthSession": True}, [("iscsi.secretRef", REQUIRED)]),
        ({"initiatorName": "y"}, [("iscsi.initiatorname", INVALID)]),
        ({"initiatorName": IQN, "targetPortal": "p" * 63}, [("name", INVALID)]),
    ],
)
def test_iscsi(change: Tree, expected: Found) -> None:
    assert of_volume({"iscsi": {"targetPortal": "1.2.3.4", "iqn": IQN, "lun": 0, **change}}) == expected


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ([], []),
        ([{}], []),
        ([{"secret": {"name": "s"}, "configMap": {"name": "c"}}], [("sources[0]", FORBIDDEN)]),
        ([{"secret": {}}], [("sources[0].secret.name", REQUIRED)]),
        ([{"serviceAccountToken": {"path": "t"}}], []),
        (
            [{"serviceAccountToken": {"path": "", "expirationSeconds": 599}}],
            [("sources[0].serviceAccountToken.expirationSeconds", INVALID), ("path", REQUIRED)],
        ),
        (
            [{"serviceAccountToken": {"path": "../t", "expirationSeconds": 2**32 + 1}}],
            [("sources[0].serviceAccountToken.expirationSeconds", INVALID), ("path", INVALID)],
        ),
        (
            [
                {"secret": {"name": "s", "items": [{"key": "k", "path": "p"}]}},
                {"configMap": {"name": "s", "items": [{"key": "k", "path": "p"}]}},
            ],
            [("", INVALID)],
        ),
        # Gated sources vanish in silence (X6).
        ([{"clusterTrustBundle": {"path": "a"}}], []),
    ],
)
def test_projected(sources: list[Tree], expected: Found) -> None:
    found = of_volume({"projected": {"sources": sources}})
    assert found == [(f"projected.{field}".removesuffix("."), reason) for field, reason in expected]


CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ({"spec": CLAIM}, []),
        ({"spec": CLAIM, "metadata": {"labels": {"a": "b"}, "name": "x"}}, [("metadata.name", FORBIDDEN)]),
        ({"spec": {}}, [("spec.accessModes", REQUIRED), ("spec.resources[storage]", REQUIRED)]),
        ({"spec": {**CLAIM, "accessModes": ["x", "ReadWriteOncePod"]}}, [("spec.accessModes", UNSUPPORTED)]),
        ({"spec": {**CLAIM, "accessModes": ["ReadWriteMany", "ReadWriteOncePod"]}}, [("spec.accessModes", FORBIDDEN)]),
        ({"spec": {**CLAIM, "resources": {"requests": {"storage": 0}}}}, [("spec.resources[storage]", INVALID)]),
        (
            {"spec": {**CLAIM, "storageClassName": "A", "volumeMode": "x"}},
            [("spec.storageClassName", INVALID), ("spec.volumeMode", UNSUPPORTED)],
        ),
        ({"spec": {**CLAIM, "dataSource": {"kind": "VolumeSnapshot", "name": "x"}}}, [("spec.dataSource", INVALID)]),
        (
            {
                "spec": {
                    **CLAIM,
                    "dataSource": {"kind": "PersistentVolumeClaim", "name": "x"},
                    "dataSourceRef": {"kind": "PersistentVolumeClaim", "name": "y"},
                }
            },
            [("spec", INVALID)],
        ),
        ({"spec": {**CLAIM, "selector": {"matchLabels": {"a": "-"}}}}, [("spec.selector.matchLabels", INVALID)]),
    ],
)
def test_ephemeral(template: Tree, expected: Found) -> None:
    found = of_volume({"ephemeral": {"volumeClaimTemplate": template}})
    assert found == [(f"ephemeral.volumeClaimTemplate.{field}", reason) for field, reason in expected]


def test_names() -> None:
    assert of_spec({"volumes": [{"name": "v"}, {"name": "v"}]}) == [("volumes[1].name", "Duplicate")]
    assert of_spec({"volumes": [{"name": ""}]}) == [("volumes[0].name", REQUIRED)]
    assert of_volume({}, name="a.b") == [("name", INVALID)]


def test_volumes_of_a_named_pod() -> None:
    """Claims of ephemeral volumes carry the pod's name, and no other volume may use them."""
    ephemeral = {"name": "e", "ephemeral": {"volumeClaimTemplate": {"spec": CLAIM}}}
    claim = {"name": "c", "persistentVolumeClaim": {"claimName": "p-e"}}
    found = causes(changed(POD, "spec.volumes", [ephemeral, claim]))
    assert found == [("spec.volumes[1].persistentVolumeClaim.claimName", INVALID)]
    assert causes(changed(POD, "spec.volumes", [{"name": "i", "image": {}}])) == [
        ("spec.volumes[0].image.reference", REQUIRED)
    ]
